"""Subject file, erasure, retention, exceptions: calls every room that knows persons through its ``personal.py``."""
