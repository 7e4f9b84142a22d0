"""Codes that several rooms share. Codes are stable; their labels are translated by the doors."""

from __future__ import annotations

from enum import StrEnum


class FieldClass(StrEnum):
    """What a column says about a person, and so who may read it (threat model, item 1)."""

    IDENTITY = "identity"
    CONTACT = "contact"
    COMMUNITY = "community"
    HOME_LOCATION = "home_location"
    HEALTH = "health"
    PROTECTION = "protection"
    PAYMENT = "payment"


class Sex(StrEnum):
    FEMALE = "f"
    MALE = "m"
    OTHER = "o"
    UNKNOWN = "u"


class Precision(StrEnum):
    """How much of a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ESTIMATE = "estimate"


class Script(StrEnum):
    """ISO 15924."""

    LATIN = "Latn"
    CYRILLIC = "Cyrl"
    ARABIC = "Arab"
    OTHER = "Zyyy"


class Language(StrEnum):
    """BCP 47 tags of the four forms of the office."""

    ALBANIAN = "sq"
    SERBIAN_CYRILLIC = "sr-Cyrl"
    SERBIAN_LATIN = "sr-Latn"
    ENGLISH = "en"
