"""Programmes, their cycles and their money: donors, agreements, lines, rates, commitments, spending, approval."""
