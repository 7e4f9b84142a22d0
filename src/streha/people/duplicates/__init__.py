"""Pairs that may be one person: found, queued, looked at side by side, decided."""
