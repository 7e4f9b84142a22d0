"""The framework holds together, and a scan names passages and gaps."""

from __future__ import annotations

import pytest

from streha.common.printed import Block, Flow
from streha.engine.law import document, framework, lexicon


def test_it_has_34_indicators_nine_dimensions_and_five_levels() -> None:
    shipped = framework.shipped()
    assert len(shipped.indicators) == 34
    assert list(shipped.dimensions) == list("ABCDEFGHI")
    assert [level.value for level in shipped.levels] == [0, 1, 2, 3, 4]
    assert {indicator.dimension for indicator in shipped.indicators} == set(shipped.dimensions)


def test_serbian_is_cyrillic_and_every_title_has_three_languages() -> None:
    shipped = framework.shipped()
    titles = [i.title for i in shipped.indicators] + [level.test for level in shipped.levels]
    titles += [*shipped.dimensions.values(), *shipped.instruments.values()]
    for title in titles:
        assert set(title) == {"en", "sq", "sr"}
        assert any("Ѐ" <= letter <= "ӿ" for letter in title["sr"])
        assert not any("a" <= letter <= "z" for letter in title["sr"].lower())


def test_a_spatial_plan_is_not_asked_about_entry_and_stay() -> None:
    asked = {indicator.id for indicator in framework.shipped().applicable("spatial_plan")}
    assert "E5" not in asked
    assert "D1" in asked


def test_every_parent_has_a_child_and_every_child_a_parent() -> None:
    shipped = framework.shipped()
    assert all(shipped.crosswalk().values())
    assert all(indicator.parents for indicator in shipped.indicators)


def _law(*paragraphs: str) -> document.Document:
    blocks = [Block("Article 1"), Block("Assistance"), *(Block(f"{n}. {text}") for n, text in enumerate(paragraphs, 1))]
    return document.from_flow(Flow(tuple(blocks)))


def test_a_scan_finds_evacuation_and_names_what_is_missing() -> None:
    read = _law(
        "The municipality shall evacuate residents when the river floods the village.",
        "The directorate issues the building permit within thirty days.",
    )
    found = framework.scan(read.provisions, framework.shipped(), lexicon.shipped())
    (evacuation,) = found.of("E1")
    assert evacuation.eid == "art_1__para_1"
    assert "evacuate" in evacuation.words
    assert [one.eid for one in found.of("B3")] == ["art_1__para_1"]
    assert {"H2", "F2", "C3"} <= set(found.without)
    assert all(one.eid != "art_1__para_2" for one in found.candidates)


def test_only_indicators_of_the_instrument_are_asked() -> None:
    read = _law("A foreigner hit by a disaster is granted temporary stay.")
    found = framework.scan(read.provisions, framework.shipped(), lexicon.shipped(), instrument="spatial_plan")
    assert not found.of("E5")
    assert "E5" not in found.without


def test_an_indicator_of_an_unknown_instrument_is_refused() -> None:
    from importlib import resources

    text = resources.files("streha.engine.law").joinpath("data/framework.toml").read_text(encoding="utf-8")
    with pytest.raises(framework.BadFramework, match="applies"):
        framework.parse(text.replace('applies = ["law", "bylaw", "strategy", "procedure"]', 'applies = ["poem"]', 1))
