"""Streha: a register of people, homes and places, the help they get, the risk they face and the law that applies."""

__version__ = "0.1.0"
