"""Households become one, part, and hand members over, each with its day; the last such change can be taken back."""
