"""Hazard sets, exposures, runs and their results. Never sees a person: residents are numbers here."""
