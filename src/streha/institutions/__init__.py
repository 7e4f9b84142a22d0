"""Institutions the office works with: contacts, working groups, meetings, tasks, and training given to them."""
