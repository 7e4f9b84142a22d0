"""Bars: as long as they say, filled as far as they say, and no words of theirs become marks of the drawing."""

from __future__ import annotations

from xml.etree import ElementTree

from streha.formats import bars

SVG = "{http://www.w3.org/2000/svg}"


def widths(drawing: str) -> list[list[float]]:
    rects = ElementTree.fromstring(drawing).findall(f"{SVG}rect")
    each = [float(rect.get("width", "")) for rect in rects]
    return [each[at : at + 3] for at in range(0, len(each), 3)]


def test_the_longest_takes_the_room_and_the_others_their_share() -> None:
    drawing = bars.svg([bars.Bar("a", 200, 50, "25 %"), bars.Bar("b", 100, 150, "over"), bars.Bar("c", -5, 0, "")], "x")
    room = bars.WIDTH - bars.LABEL - bars.VALUE
    assert widths(drawing) == [[room, room, room / 4], [room, room / 2, room / 2], [room, 0, 0]]


def test_names_are_words_and_never_marks() -> None:
    drawing = bars.svg([bars.Bar('<b onload="x">&', 1, 1, "<i>")], 'said "so" & <so>')
    root = ElementTree.fromstring(drawing)
    assert [text.text for text in root.findall(f"{SVG}text")] == ['<b onload="x">&', "<i>"]
    assert root.get("aria-label") == 'said "so" & <so>'


def test_nothing_to_draw_is_an_empty_drawing() -> None:
    assert widths(bars.svg([], "nothing")) == []
    assert widths(bars.svg([bars.Bar("a", 0, 0, "0")], "nought"))[0][1:] == [0, 0]
