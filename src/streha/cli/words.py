"""The language of commands that run without an office: the same catalogues, read without Django."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from importlib import resources

from streha.common import errors
from streha.common.errors import message

FOLDERS: Mapping[str, str] = {"sq": "sq", "sr": "sr", "sr-latn": "sr_Latn"}
LANGUAGES = ("en", *FOLDERS)
THOUSANDS: Mapping[str, str] = {"en": ","}
Words = Callable[[str], str]

spoken: ContextVar[Words] = ContextVar("spoken", default=str)


def speak(language: str) -> Words:
    """From now on this command speaks ``language``, refusals too; returns the words of it."""
    words = words_of(language)
    spoken.set(words)
    return words


def words_of(language: str) -> Words:
    """What turns an English template into the language's."""
    if language == "en":
        return str
    folder = resources.files("streha") / "web" / "locale"
    try:
        found = gettext.translation("django", str(folder), languages=[FOLDERS[language]])
    except OSError as error:
        raise errors.Unavailable(
            message("The words of the language {language} are not compiled: run {command}."),
            code="cli.no_catalogue",
            language=language,
            command="python -m streha.web.messages compile",
        ) from error
    return found.gettext


def usual() -> str:
    """The language of this terminal, as its environment says: LC_ALL, LC_MESSAGES or LANG; English for any other."""
    stated = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    language, _, variant = stated.partition("@")
    plain = language.partition(".")[0].partition("_")[0].lower()
    if plain == "sr" and variant == "latin":
        return "sr-latn"
    return plain if plain in LANGUAGES else "en"
