"""Persons, names, households, episodes, intentions, identifiers, consent and imports: who is in the register."""
