"""A GeoJSON FeatureCollection one feature at a time, so that its length does not matter. It knows no geometry."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

READ_BYTES = 2**20
LONGEST_VALUE = 256 * 2**20  # characters of one feature
SPACE = " \t\r\n"


class NotFeatures(ValueError):
    """The JSON holds no list of features."""


class Reader:
    """Reads a file once. `features` gives what stands before the features and an iterator over them; when that is
    exhausted, ``after`` holds what stands behind. ``where`` is the place reached, as line:column."""

    def __init__(self, path: Path) -> None:
        self.after: dict[str, Any] = {}
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._line, self._column = 1, 1
        self._pieces = self._read(path)

    @property
    def where(self) -> str:
        """The line and column reached."""
        return f"{self._line}:{self._column}"

    def features(self) -> tuple[dict[str, Any], Iterator[Any]]:
        """The members before the features, and the features. ValueError where the JSON breaks, NotFeatures where it
        holds none."""
        before: dict[str, Any] = {}
        self._expect("{")
        for key in self._members():
            if key == "features" and self._peek() == "[":
                return before, self._listed()
            before[key] = self._value()
        if before.get("type") == "Feature":
            return {}, iter([before])
        raise NotFeatures

    def _listed(self) -> Iterator[Any]:
        self._expect("[")
        if self._peek() == "]":
            self._expect("]")
        else:
            while True:
                yield self._value()
                if self._take("]") == "]":
                    break
        for key in self._members(more=True):
            self.after[key] = self._value()

    def _members(self, *, more: bool = False) -> Iterator[str]:
        """The keys of the object the reader stands in; the caller takes each value before the next key."""
        if not more and self._peek() == "}":
            self._expect("}")
            return
        while True:
            if more and self._take("}") == "}":
                return
            more = True
            key = self._value()
            self._expect(":")
            yield str(key)

    def _value(self) -> Any:
        """The next JSON value, read on until it is whole."""
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if len(self._text) - self._at > LONGEST_VALUE or not self._more():
                    raise
                continue
            if end == len(self._text) and self._more():  # a number may go on
                continue
            self._move(end)
            return value

    def _take(self, closing: str) -> str:
        """The comma between values, or the bracket that closes them."""
        found = self._peek()
        if found not in (",", closing):
            raise ValueError(found)
        self._move(self._at + 1)
        return found

    def _expect(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise ValueError(wanted)
        self._move(self._at + 1)

    def _peek(self) -> str:
        while True:
            at = self._at
            while at < len(self._text) and self._text[at] in SPACE:
                at += 1
            self._move(at)
            if at < len(self._text):
                return self._text[at]
            if not self._more():
                raise ValueError("the end")

    def _move(self, to: int) -> None:
        passed = self._text.count("\n", self._at, to)
        if passed:
            self._line += passed
            self._column = to - self._text.rfind("\n", self._at, to)
        else:
            self._column += to - self._at
        self._at = to

    def _more(self) -> bool:
        """Append twice as much as is waiting, so that a long value is not begun again too often."""
        wanted = max(READ_BYTES, len(self._text) - self._at)
        parts = [self._text[self._at :]]
        have = 0
        for piece in self._pieces:
            parts.append(piece)
            have += len(piece)
            if have >= wanted:
                break
        self._text, self._at = "".join(parts), 0
        return have > 0

    @staticmethod
    def _read(path: Path) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        with path.open("rb") as file:
            while content := file.read(READ_BYTES):
                yield decoder.decode(content)
        yield decoder.decode(b"", final=True)
