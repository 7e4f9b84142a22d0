"""The language of commands that run without an office: the same catalogues, read without Django."""

from __future__ import annotations

import gettext
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
