"""Boundaries that a user brings: matched to areas, checked, kept with their source and licence."""
