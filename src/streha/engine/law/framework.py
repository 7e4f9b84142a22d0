"""The framework: 34 indicators of how far human mobility is built into law and plans, and passages for each.

Data with a version: indicators, levels with their observable tests, the instruments each indicator is asked of, and the
frameworks it comes from. The engine lists candidate passages; levels are given by people.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from streha.common import errors
from streha.common.errors import message
from streha.engine.law import finder, lexicon, words
from streha.engine.law.lexicon import Concept, Lexicon
from streha.engine.law.segment import Provision

LANGUAGES = ("en", "sq", "sr")
NEEDS = ("mobility", "context")


class BadFramework(errors.BadInput):
    """A framework file breaks its own rules."""

    code = "framework_bad"
    template = message("The framework cannot be used: {what}: {why}.")


@dataclass(frozen=True, slots=True)
class Level:
    """A step of the ordinal scale, with the test that anybody can repeat."""

    value: int
    title: Mapping[str, str]
    test: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One question asked of instruments; ``parents`` are "framework" or "framework:place"."""

    id: str
    title: Mapping[str, str]
    parents: tuple[str, ...]
    applies: frozenset[str]
    needs: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]

    @property
    def dimension(self) -> str:
        """The letter of its dimension."""
        return self.id[0]


@dataclass(frozen=True, slots=True, eq=False)
class Framework:
    """One version of the framework."""

    version: str
    verified: bool
    levels: tuple[Level, ...]
    dimensions: Mapping[str, Mapping[str, str]]
    instruments: Mapping[str, Mapping[str, str]]
    parents: Mapping[str, str]
    indicators: tuple[Indicator, ...]

    def applicable(self, instrument: str) -> tuple[Indicator, ...]:
        """The indicators that are asked of a kind of instrument."""
        return tuple(indicator for indicator in self.indicators if instrument in indicator.applies)

    def crosswalk(self) -> dict[str, tuple[str, ...]]:
        """For each parent framework the indicators that come from it."""
        return {
            parent: tuple(i.id for i in self.indicators if any(p.partition(":")[0] == parent for p in i.parents))
            for parent in self.parents
        }


def parse(text: str) -> Framework:
    """A framework from TOML.

    Raises
    ------
    BadFramework
        When an indicator names an instrument, parent or need that does not exist, or a title lacks a language.
    """
    data = tomllib.loads(text)
    levels = tuple(Level(entry["value"], entry["title"], entry["test"]) for entry in data["level"])
    dimensions = {entry["id"]: entry["title"] for entry in data["dimension"]}
    instruments = {entry["id"]: entry["title"] for entry in data["instrument"]}
    parents = {entry["id"]: entry["title"] for entry in data["parent"]}
    indicators = tuple(_indicator(entry) for entry in data["indicator"])
    made = Framework(data["version"], bool(data["verified"]), levels, dimensions, instruments, parents, indicators)
    _check(made)
    return made


def _indicator(entry: Mapping[str, object]) -> Indicator:
    labels = {
        lang: tuple(part.strip() for part in str(entry[lang]).split(";") if part.strip())
        for lang in LANGUAGES
        if lang in entry
    }
    title = entry["title"]
    assert isinstance(title, dict)
    return Indicator(
        str(entry["id"]),
        title,
        _texts(entry["parents"]),
        frozenset(_texts(entry["applies"])),
        _texts(entry["needs"]),
        labels,
    )


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, list)
    return tuple(str(item) for item in value)


def _check(framework: Framework) -> None:
    for indicator in framework.indicators:
        name = indicator.id
        if indicator.dimension not in framework.dimensions:
            raise BadFramework(what=name, why="its dimension does not exist")
        if not indicator.applies or indicator.applies - framework.instruments.keys():
            raise BadFramework(what=name, why="it applies to no instrument, or to one that does not exist")
        if any(parent.partition(":")[0] not in framework.parents for parent in indicator.parents):
            raise BadFramework(what=name, why="it names a parent that does not exist")
        if set(indicator.needs) - set(NEEDS):
            raise BadFramework(what=name, why="it needs something that is not told apart")
        if set(indicator.labels) != set(LANGUAGES) or set(indicator.title) != set(LANGUAGES):
            raise BadFramework(what=name, why="a language is missing")


@lru_cache(maxsize=1)
def shipped() -> Framework:
    """The framework that comes with the program."""
    from importlib import resources

    return parse(resources.files("streha.engine.law").joinpath("data/framework.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _as_lexicon(framework: Framework) -> Lexicon:
    """Each indicator as a concept of a lexicon, so that the same matcher finds it."""
    return Lexicon(framework.version, tuple(Concept(i.id, "indicator", i.labels) for i in framework.indicators))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be evidence for an indicator, and the words that say so."""

    indicator: str
    eid: str
    lang: str
    path: str
    text: str
    page: int | None
    label: str
    score: float
    words: tuple[str, ...]
    reasons: tuple[finder.Reason, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """Candidates per indicator, best first, and the indicators without any."""

    framework: str
    lexicon: str
    candidates: tuple[Candidate, ...]
    without: tuple[str, ...]
    read: int

    def of(self, indicator: str) -> tuple[Candidate, ...]:
        """The candidates of one indicator."""
        return tuple(candidate for candidate in self.candidates if candidate.indicator == indicator)


def scan(
    provisions: Sequence[Provision], framework: Framework, entries: Lexicon, *, instrument: str | None = None
) -> Scan:
    """Candidate passages for each indicator that is asked of the instrument (of every kind when None).

    A provision is read with its own title and that of the article it stands in. An indicator's words must stand in the
    provision, and what the indicator needs (mobility, context) must stand there too.
    """
    asked = framework.applicable(instrument) if instrument else framework.indicators
    wanted = {indicator.id: indicator for indicator in asked}
    titles = {(p.lang, p.eid): p.heading for p in provisions if p.heading}
    candidates: list[Candidate] = []
    for provision in provisions:
        if provision.text or provision.heading:
            candidates.extend(_candidates(provision, titles, framework, wanted, entries))
    order = {name: place for place, name in enumerate(wanted)}
    candidates.sort(key=lambda one: (order[one.indicator], -one.score))
    having = {candidate.indicator for candidate in candidates}
    without = tuple(name for name in wanted if name not in having)
    return Scan(framework.version, entries.version, tuple(candidates), without, len(provisions))


def _candidates(
    provision: Provision,
    titles: Mapping[tuple[str, str], str],
    framework: Framework,
    wanted: Mapping[str, Indicator],
    entries: Lexicon,
) -> list[Candidate]:
    above = titles.get((provision.lang, provision.eid.partition("__")[0]), "") if "__" in provision.eid else ""
    own = ". ".join(part for part in (provision.heading, provision.text) if part)
    whole = f"{above}. {own}" if above else own
    shift = len(whole) - len(own)
    found = finder.find(whole, lang=provision.lang, entries=entries)
    speaks = {
        "mobility": found.label != "N",
        "context": any(r.kind == "context" and not r.voided for r in found.reasons),
    }
    code = provision.lang[:2]
    tokens = words.tokens(own, code)
    hits = lexicon.matcher(_as_lexicon(framework), code).find(tokens, own)
    by_indicator: dict[str, list[str]] = {}
    for hit in hits:
        indicator = wanted.get(hit.concept.id)
        if indicator is not None and all(speaks[need] for need in indicator.needs):
            by_indicator.setdefault(indicator.id, []).append(hit.words)
    here = tuple(_in_own(reason, shift) for reason in found.reasons)
    return [
        Candidate(
            name, provision.eid, provision.lang, provision.path, provision.text or provision.heading, provision.page,
            found.label, round(0.7 * found.score + 0.1 * min(3, len(set(said))), 3), tuple(dict.fromkeys(said)), here,
        )
        for name, said in by_indicator.items()
    ]  # fmt: skip


def _in_own(reason: finder.Reason, shift: int) -> finder.Reason:
    """A reason with its place in the provision's own words; -1 when it stands in the title above."""
    start, end = reason.start - shift, reason.end - shift
    return replace(reason, start=start, end=end) if start >= 0 else replace(reason, start=-1, end=-1)
