"""What the office named itself, in the four forms of its languages: names of stages and papers, not of codes."""

from __future__ import annotations

from dataclasses import dataclass

from streha.common.codes import Language


@dataclass(frozen=True)
class Words:
    """One name in Albanian, Serbian in both scripts, and English; as text it is English, for logs and programs."""

    sq: str
    sr: str
    sr_latn: str
    en: str

    def __str__(self) -> str:
        return self.en

    def said_in(self, language: str) -> str:
        """The form of a language: a tag of ``Language`` or a code of the pages (sq, sr, sr-latn, en)."""
        forms = {
            Language.ALBANIAN: self.sq,
            Language.SERBIAN_CYRILLIC: self.sr,
            "sr": self.sr,
            Language.SERBIAN_LATIN: self.sr_latn,
            "sr-latn": self.sr_latn,
        }
        return forms.get(language, self.en)


class Several(tuple[Words, ...]):
    """Some names, said one after another."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(map(str, self))

    def said_in(self, language: str) -> str:
        """All of them in a language."""
        return ", ".join(one.said_in(language) for one in self)
