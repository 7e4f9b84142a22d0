"""Grants for a business: plan, tranches on conditions, visits, alive at 6, 12 and 24 months, jobs made."""
