"""Homes: properties, who owns them, their state, and who has lived there since when."""
