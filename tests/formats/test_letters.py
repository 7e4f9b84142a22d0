"""Letters: what is brought stands on the paper, in its script, tagged; what cannot be set is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streha.common import errors
from streha.formats import letters, pdf

SERBIAN = letters.Letter(
    language="sr-Cyrl",
    title="Документи који недостају",
    office="Општина",
    date="22.11.2026.",
    recipient=("Љиљана Ђорђевић", "Призрен"),
    reference="C-0000007",
    parts=(
        letters.Text("Поштована,"),
        letters.Text("Шта недостаје", is_heading=True),
        letters.Points(("лична карта", "извод из матичне књиге рођених")),
        letters.Rows(("Критеријум", "Бодови"), (("Самохрани родитељ", "5"),)),
    ),
    signature=("Арта Демо",),
    mark="Образац још није прегледан.",
    footer="Општина",
)


def words_of(content: bytes) -> str:
    with pdf.Pdf(content) as file:
        return " ".join(word.text for page in file.pages() for word in page.words)


def test_every_word_stands_on_the_paper_in_its_script() -> None:
    content = letters.pdf(SERBIAN)
    said = words_of(content)
    for part in (SERBIAN.title, "Љиљана Ђорђевић", "извод", "Самохрани", "Арта Демо", "C-0000007", "прегледан"):
        assert part in said, part
    assert b"/Lang (sr" in content or b"/Lang(sr" in content
    assert b"/StructTreeRoot" in content
    assert b"pdfuaid" in content


@pytest.mark.parametrize("text", ["#1 *x* $a$ @b \\ [c] `d` // e", "\u6f22 \U0001f600 \u0627\u0644", "<a> & \"b\" 'c'"])
def test_markup_and_strange_signs_stay_what_they_are(text: str) -> None:
    letter = letters.Letter("en", "Title", "Office", "1", (text,), (letters.Text(text), letters.Points((text,))))
    assert letters.pdf(letter).startswith(b"%PDF")


def test_markup_is_printed_as_written() -> None:
    letter = letters.Letter("en", "Title", "Office", "1", (), (letters.Text("#sys *bold* $x$"),))
    assert "#sys *bold* $x$" in words_of(letters.pdf(letter))


def test_a_language_without_letters_and_a_crooked_table_are_refused() -> None:
    with pytest.raises(errors.BadInput, match="fr"):
        letters.pdf(letters.Letter("fr", "t", "o", "d", (), ()))
    crooked = letters.Rows(("a", "b"), (("1",),))
    with pytest.raises(errors.BadInput, match="header"):
        letters.pdf(letters.Letter("en", "t", "o", "d", (), (crooked,)))


def test_a_template_is_filled_whole_or_not_at_all() -> None:
    assert letters.fill("Dear {name}, by {day}.", {"name": "Hoxha {x}", "day": "1.1."}) == "Dear Hoxha {x}, by 1.1.."
    with pytest.raises(errors.BadInput, match="day"):
        letters.fill("Dear {name}, by {day}.", {"name": "Hoxha"})


@pytest.mark.parametrize("template", ["{", "{name", "{0}", "{name.__class__}", "{name!r}", "{name:>9}", "{}", "{a[b]}"])
def test_a_template_reaches_for_nothing_but_names(template: str) -> None:
    with pytest.raises(errors.BadInput):
        letters.placeholders(template)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_any_text_is_a_template_or_is_refused(template: str) -> None:
    try:
        asked = letters.placeholders(template)
    except errors.BadInput:
        return
    letters.fill(template, dict.fromkeys(asked, "x"))
