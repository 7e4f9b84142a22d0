"""Distributions: lists of who gets what, slips with codes, handing out, and working on paper."""
