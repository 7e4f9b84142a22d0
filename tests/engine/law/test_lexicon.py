"""Every entry of the lexicon is found where it must be, and is not where it must not."""

from __future__ import annotations

import pytest

from streha.engine.law import finder, lexicon, words

ENTRIES = [
    (concept.id, lang, wanted, text)
    for concept in lexicon.shipped().concepts
    for wanted, texts in ((True, concept.yes), (False, concept.no))
    for lang, text in zip(("en", "sq", "sr"), texts, strict=False)
]


@pytest.mark.parametrize(("name", "lang", "wanted", "text"), ENTRIES)
def test_an_entry_is_found_only_where_it_should(name: str, lang: str, wanted: bool, text: str) -> None:
    entries = lexicon.shipped()
    concept = next(one for one in entries.concepts if one.id == name)
    raw = lexicon.matcher(entries, lang).find(words.tokens(text, lang), text)
    if concept.kind not in ("mobility", "weak", "context"):
        found = any(hit.concept.id == name for hit in raw)
    else:
        found = any(reason.concept == name and not reason.voided for reason in finder.find(text, lang=lang).reasons)
    assert found is wanted


def test_every_moving_or_context_concept_has_examples_both_ways() -> None:
    for concept in lexicon.shipped().concepts:
        if concept.kind in ("mobility", "context"):
            assert len(concept.yes) == 3
            assert len(concept.no) == 3


@pytest.mark.parametrize(
    ("lang", "forms"),
    [
        ("sq", "Përmbytja përmbytjes përmbytjen përmbytjet përmbytjeve PËRMBYTJE permbytjet"),
        ("sq", "migrant migranti migrantit migrantët migrantëve"),
        ("sq", "ligj ligji ligjit ligjin ligjet ligjeve"),
        ("sr", "poplava poplave poplavi poplavom poplavama поплаве поплавама"),
        ("en", "displacement displaced displacing"),
    ],
)
def test_inflected_forms_share_a_stem(lang: str, forms: str) -> None:
    assert len({words.stem(words.fold(form), lang) for form in forms.split()}) == 1


def test_serbian_is_indexed_the_same_from_both_scripts() -> None:
    assert words.column("Ђаци и љубитељи џеза", "sr-Cyrl") == words.column("Đaci i ljubitelji džeza", "sr-Latn")


def test_two_concepts_may_not_share_an_id() -> None:
    one = '[[concept]]\nid = "a"\nkind = "mobility"\nen = "x"\n'
    with pytest.raises(lexicon.BadLexicon, match="used twice"):
        lexicon.parse(one + one)


def test_a_gap_lets_words_between_but_not_too_many() -> None:
    entries = lexicon.parse('[[concept]]\nid = "a"\nkind = "mobility"\nen = "leave ~ homes"\n')
    matcher = lexicon.matcher(entries, "en")
    near, far = "they leave their own small homes", "they leave one two three four five six homes"
    assert matcher.find(words.tokens(near, "en"), near)
    assert not matcher.find(words.tokens(far, "en"), far)


def test_a_gap_ends_with_its_clause() -> None:
    entries = lexicon.parse('[[concept]]\nid = "a"\nkind = "mobility"\nen = "leave ~ homes"\n')
    matcher = lexicon.matcher(entries, "en")
    text = "they leave, and homes are built"
    assert not matcher.find(words.tokens(text, "en"), text)


def test_a_class_stands_for_each_of_its_words() -> None:
    entries = lexicon.parse(
        '[[concept]]\nid = "a"\nkind = "mobility"\nen = "leave @home"\n[[class]]\nid = "home"\nen = "house*; =flat"\n'
    )
    matcher = lexicon.matcher(entries, "en")
    found = {
        text: bool(matcher.find(words.tokens(text, "en"), text))
        for text in ("leave houses", "leave flat", "leave flats")
    }
    assert found == {"leave houses": True, "leave flat": True, "leave flats": False}


def test_a_label_may_not_name_a_class_that_is_not_there() -> None:
    with pytest.raises(lexicon.BadLexicon, match="names no class of en"):
        lexicon.parse('[[concept]]\nid = "a"\nkind = "mobility"\nen = "leave @home"\n')


def test_a_class_holds_single_words() -> None:
    with pytest.raises(lexicon.BadLexicon, match="single words"):
        lexicon.parse('[[class]]\nid = "home"\nen = "family home"\n')


def test_a_negative_label_that_passes_over_people_says_nothing_of_them() -> None:
    entries = lexicon.parse(
        '[[concept]]\nid = "move"\nkind = "mobility"\nen = "moved"\n'
        '[[concept]]\nid = "people"\nkind = "people"\nen = "families"\n'
        '[[concept]]\nid = "not_people"\nkind = "negative"\nen = "moved ~ road"\n'
    )
    assert finder.find("They moved the road.", lang="en", entries=entries).label == "N"
    assert finder.find("They moved families to the road.", lang="en", entries=entries).label == "M"
