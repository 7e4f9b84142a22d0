"""Rows of a list as the linkage reads them: which of them are one person, and who in the register may be meant.

The weights, the threshold and the facts are those of the queue of duplicates. What is sealed is opened only of those
few who may be meant, and stays in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db.models import QuerySet

from streha.engine import linkage
from streha.people import bridge, models, queries, rules
from streha.people.bridge import COLUMNS
from streha.people.imports.rules.rows import Reading

PIECE = 2_000
KeeperOf = Callable[[int | None], int]
Step = Callable[[], None]
SCHEMA = dict.fromkeys(COLUMNS, pl.String)


@dataclass(frozen=True)
class Candidate:
    """Somebody in the register who may be the person of a row, by what, and how likely."""

    person_id: int
    why: str
    probability: float


@dataclass(frozen=True)
class Found:
    """By the place of a row in the list: the earlier row that says the same person, and who may be meant."""

    twins: Mapping[int, int]
    candidates: Mapping[int, Sequence[Candidate]]


def weigh(readings: Sequence[Reading], keeper_of: KeeperOf, step: Step) -> Found:
    """Every row against every other of the list, and against the register. ``step`` is called now and then.

    Everybody in the register is looked at, visible or not; what a reviewer is shown is decided when it is shown.
    """
    model = linkage.register()
    features = linkage.of_frame(_listed(readings, keeper_of), model.spec)
    step()
    rows = max(bridge.register_size() + len(readings), linkage.LEAST_ROWS)
    twins = _twins(readings, features, rows, step)
    reached = _reached(readings, step)
    near = _near(reached, features, rows, step)
    candidates = _weighed(near, reached, features, rows, step)
    for at, reading in enumerate(readings):
        held = {one.person_id for one in candidates.get(at, ())}
        holders = {pk for _, value in reading.identifiers for pk in reached.holders.get(value, ())} - held
        if holders:  # a document counts, whatever else speaks against it
            candidates[at] += [Candidate(pk, "document", 0.0) for pk in sorted(holders)]
    return Found(twins, {at: sorted(of_row, key=lambda c: -c.probability) for at, of_row in candidates.items()})


def _listed(readings: Sequence[Reading], keeper_of: KeeperOf) -> pl.DataFrame:
    """The list in the columns of the linkage."""
    called = bridge.municipalities()
    told = [
        (
            reading.given,
            reading.father,
            reading.family,
            *bridge.facts(
                reading.sex,
                reading.birth,
                reading.birth_precision,
                called.get(keeper_of(reading.home_area), ""),
                household=reading.household,
            ).values(),
            reading.identifiers[0][1] if reading.identifiers else "",
            reading.phones[0] if reading.phones else "",
        )
        for reading in readings
    ]
    named = ("given", "father", "family", *bridge.facts("", None, "", ""), "identifier", "phone")
    return pl.DataFrame(told, schema=dict.fromkeys(named, pl.String), orient="row").select(COLUMNS)


# --- within the list ------------------------------------------------------------------------------


def _twins(readings: Sequence[Reading], features: pl.DataFrame, rows: int, step: Step) -> dict[int, int]:
    """For each row the earlier one that most likely says the same person.

    Members of one household who bear different given names are brothers and sisters: the weights take columns as
    independent, and of twins at one address they would be too sure.
    """
    model = linkage.register()
    pairs = linkage.score_features(
        features.with_row_index("row"),
        model,
        model.thresholds.review,
        among=linkage.Among(rows=rows),
        progress=lambda *_: step(),
    )
    best: dict[int, tuple[float, int]] = {}
    for left, right, chance, given in pairs.select("left", "right", "probability", "level: given").iter_rows():
        home = readings[right].household
        if given == "different" and home and home == readings[left].household:
            continue
        best[right] = max(best.get(right, (0.0, 0)), (chance, -left))
    return {right: -left for right, (_, left) in best.items()}


# --- in the register ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reached:
    """People of the register whom rows may mean, with the number that brought each one, where it was a number."""

    ids: Sequence[int]
    numbers: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    holders: Mapping[str, Collection[int]] = field(default_factory=dict)
    """By document number as the list writes it."""


def _reached(readings: Sequence[Reading], step: Step) -> Reached:
    """Who holds a document or a phone of the list, was born on a day of it, or bears a whole name of it."""
    documents = {value for reading in readings for _, value in reading.identifiers}
    held = models.Identifier.objects.filter(valid_to=None, person__erased_at=None)
    by_document = _by_blind(held, documents, bridge.identifier_blind)
    reached = models.Contact.objects.filter(kind=rules.ContactKind.PHONE, valid_to=None)
    by_phone = _by_blind(reached, {phone for reading in readings for phone in reading.phones}, bridge.phone_blind)
    step()
    alive = models.Person.objects.filter(erased_at=None, ended_on=None)
    days = {day for reading in readings if reading.birth for day in rules.either_day(reading.birth)}
    named = {reading.name_key[:80] for reading in readings} - {""}
    ids = {pk for pks in by_document.values() for pk in pks}
    callers = sorted({pk for pks in by_phone.values() for pk in pks})
    for column, values in (("birth_date", sorted(days)), ("sort_name", sorted(named)), ("pk", callers)):
        for piece in _pieces(values):
            ids.update(alive.filter(**{f"{column}__in": piece}).values_list("pk", flat=True))
            step()
    kept = queries.answering(ids)
    return Reached(
        sorted(set(kept.values())),
        {
            "identifier": {kept[pk]: value for value, pks in by_document.items() for pk in pks},
            "phone": {kept[pk]: value for value, pks in by_phone.items() for pk in pks if pk in kept},
        },
        {value: {kept[pk] for pk in pks} for value, pks in by_document.items()},
    )


def _by_blind(held: QuerySet[Any], values: Collection[str], blind: Callable[[str], str]) -> dict[str, list[int]]:
    """Register ids by number, the number as the list writes it."""
    written = {blind(value): value for value in values}
    found: dict[str, list[int]] = defaultdict(list)
    for piece in _pieces(sorted(written)):
        for mark, pk in held.filter(blind__in=piece).values_list("blind", "person_id"):
            found[written[mark]].append(pk)
    return found


def _pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]


def _near(reached: Reached, features: pl.DataFrame, rows: int, step: Step) -> set[tuple[int, int]]:
    """Pairs of row and person who may reach the threshold once numbers are opened and households are known.

    What is not known here says nothing: a number counts where it brought the two together, and company as the best
    that it could be. So nobody is lost, and only few are opened.
    """
    model = linkage.register()
    table = _as_known(reached)
    if table.is_empty():
        return set()
    step()
    home = model.spec.column("household")
    silent = [linkage.label(model.spec.columns.index(home), part) for part in ("company", "home")]
    frame = pl.concat([linkage.of_frame(table, model.spec), features]).with_columns(
        pl.lit(None, dtype=features.schema[name]).alias(name) for name in silent
    )
    most = max(level.bits for level in model.comparison("household").levels)
    found = linkage.score_features(
        frame.with_row_index("row"),
        model,
        linkage.probability(linkage.bits(model.thresholds.review) - most),
        among=linkage.Among(known=table.height, rows=rows),
        progress=lambda *_: step(),
    )
    person = table["person"]
    return {(right - table.height, person[left]) for left, right in found.select("left", "right").iter_rows()}


def _as_known(reached: Reached) -> pl.DataFrame:
    """Those reached, a line for each way in which they are written; ``person`` and ``COLUMNS``, nothing opened."""
    called = bridge.municipalities()
    told = []
    for piece in _pieces(reached.ids):
        rows = models.Name.objects.filter(person_id__in=piece, valid_to=None).values_list(
            "person_id", "given", "father", "family", "person__sex", "person__birth_date", "person__birth_precision",
            "person__keeper_id",
        )  # fmt: skip
        for pk, given, father, family, sex, birth, precision, keeper in rows:
            facts = bridge.facts(sex, birth, precision, called.get(keeper, ""))
            numbers = (reached.numbers[column].get(pk, "") for column in bridge.NUMBERS)
            told.append((pk, given, father, family, *facts.values(), *numbers))
    named = ("given", "father", "family", *bridge.facts("", None, "", ""), *bridge.NUMBERS)
    schema: dict[str, Any] = {"person": pl.Int64, **dict.fromkeys(named, pl.String)}
    return pl.DataFrame(told, schema=schema, orient="row")


def _weighed(
    near: set[tuple[int, int]], reached: Reached, features: pl.DataFrame, rows: int, step: Step
) -> dict[int, list[Candidate]]:
    """Those of the pairs that reach the threshold, by everything that is known of both."""
    found: dict[int, list[Candidate]] = defaultdict(list)
    if not near:
        return found
    model = linkage.register()
    persons, frame = _opened(sorted({pk for _, pk in near}), reached, step)
    places = sorted({at for at, _ in near})
    listed = features[places]
    pairs = linkage.score_features(
        pl.concat([frame, listed.select(frame.columns)]).with_row_index("row"),
        model,
        model.thresholds.review,
        among=linkage.Among(known=frame.height, rows=rows),
        progress=lambda *_: step(),
    )
    best: dict[tuple[int, int], Candidate] = {}
    told = pairs.select("left", "right", "probability", "bits", "level: identifier", "level: household")
    for left, right, chance, bits, identifier, household in told.iter_rows():
        key = places[right - frame.height], persons[left]
        if key in near and (key not in best or chance > best[key].probability):
            best[key] = Candidate(key[1], _why(bits, identifier, household), chance)
    for (at, _), one in best.items():
        found[at].append(one)
    return found


def _why(bits: float, identifier: str, household: str) -> str:
    """By what somebody is a candidate, in a word: their document, the household alone, or name and birth."""
    if identifier == "same":
        return "document"
    model = linkage.register()
    shared = household in ("one shared", "two shared")
    company = model.comparison("household").level(household).bits if shared else 0.0
    return "household" if bits - company < linkage.bits(model.thresholds.review) else "name"


def _opened(ids: Sequence[int], reached: Reached, step: Step) -> tuple[list[int], pl.DataFrame]:
    """People with their numbers opened and their households: features, a row for each way in which they are written."""
    known: dict[int, bridge.Known] = {}
    for piece in _pieces(ids):
        known |= bridge.known(piece)
        step()
    members = bridge.companions({one.facts["household"] for one in known.values()})
    others = sorted({pk for row in members.values() for pk in row} - set(known))
    company: dict[int, bridge.Known] = {}
    for piece in _pieces(others):
        company |= bridge.known(piece)
        step()
    spec = linkage.register().spec
    shared = {pk: {column: told[pk] for column, told in reached.numbers.items() if pk in told} for pk in known}
    main = [one.record() | shared.get(pk, {}) for pk, one in (*known.items(), *company.items())]
    features = linkage.of_frame(pl.DataFrame(main, schema=SCHEMA), spec)[: len(known)]
    again = [(at, name) for at, one in enumerate(known.values()) for name in one.names[1:]]
    persons = [*known, *(list(known)[at] for at, _ in again)]
    if again:
        written = linkage.of_frame(pl.DataFrame([{**main[at], **name} for at, name in again], schema=SCHEMA), spec)
        home = [name for name in features.columns if name.endswith(("_company", "_home"))]
        lived = features[[at for at, _ in again]].select(home)
        features = pl.concat([features, written.with_columns(lived.get_columns()).select(features.columns)])
    return persons, features
