"""The tables of this room stand in the modules of its parts; Django finds them here."""

from streha.assistance.selections import models as selections  # noqa: F401
