"""Courses for people: provider, sessions, attendance, certificate, what came of it. Not training of institutions."""
