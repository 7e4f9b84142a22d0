"""Writes to places: areas, names, codes, tiles, facilities and figures, each load one transaction and one record.

Loading the same file again changes nothing. Nothing is ever taken away by a load: a name that changed stays as a
former name, an area that vanished from a list is left alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from importlib import resources

from django.db import models as db
from django.db import transaction

from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.common.errors import message
from streha.engine import names
from streha.formats import gazetteer
from streha.formats.gazetteer import Problem
from streha.places import models, queries, rules
from streha.places.boundaries import actions as boundary_actions
from streha.places.boundaries import rules as boundaries

KOSOVO_COUNTRY = ("iso-3166-1", "XK")
_OUTLINE_SOURCE = "Natural Earth 1:10 million, through npm world-atlas 2.0.2"
_OUTLINE_LICENCE = "public domain (data), ISC (package)"
_CHUNK = 500
Code = tuple[str, str]


def load_kosovo(*, by: Access, at: dt.datetime) -> tuple[rules.LoadReport, ...]:
    """Kosovo with its outline, seven regions, 38 municipalities, tile map and population is there, nothing doubled."""
    data = resources.files("streha.places") / "data"

    def content(name: str) -> bytes:
        return (data / name).read_bytes()

    with transaction.atomic():
        reports = (
            load_areas(content("kosovo_regions.csv"), name="kosovo_regions.csv", by=by, at=at),
            load_areas(content("kosovo_municipalities.csv"), name="kosovo_municipalities.csv", by=by, at=at),
            load_tiles(content("kosovo_tiles.csv"), name="kosovo_tiles.csv", by=by, at=at),
            load_indicators(content("indicators.csv"), name="indicators.csv", by=by, at=at),
            load_observations(content("kosovo_population.csv"), name="kosovo_population.csv", by=by, at=at),
        )
        if not models.AreaBoundary.objects.filter(area__kind="country").exists():
            with resources.as_file(data / "kosovo_outline.geojson") as outline:
                boundary_actions.load_boundaries(
                    outline, kind="country", source=_OUTLINE_SOURCE, licence=_OUTLINE_LICENCE, by=by, at=at
                )
    return reports


def load_areas(data: bytes, *, name: str, by: Access, at: dt.datetime) -> rules.LoadReport:
    """Every usable row of the file is an area with its names and codes; the report says what was not usable."""
    by.require(Action.PLACE_LOAD)
    rows = gazetteer.areas(data, name=name)
    with transaction.atomic():
        report = _AreaStore(at.date()).store(rows.good, name=name).with_problems(rows.problems)
        _record(report, "load_areas", by=by, at=at)
    return report


def load_settlements(
    data: bytes, *, name: str, by: Access, at: dt.datetime, source: str = "", scheme: str = ""
) -> rules.LoadReport:
    """Every usable row of the file is a settlement of its municipality, with its names and codes.

    Where boundaries are loaded the point decides the municipality; otherwise, or when the point lies in none, the
    municipality column does (a code of ``scheme``, or of any scheme, or a name in any spelling).
    """
    by.require(Action.PLACE_LOAD)
    rows = gazetteer.settlements(data, name=name, source=source or name)
    with transaction.atomic():
        boundary_actions.take_turn()
        placed, problems = _placed(rows.good, scheme, name)
        report = _AreaStore(at.date()).store(placed, name=name)
        report = report.with_problems((*rows.problems, *problems))
        _record(report, "load_settlements", by=by, at=at)
    return report


def load_tiles(data: bytes, *, name: str, by: Access, at: dt.datetime) -> rules.LoadReport:
    """The areas of the file stand in their cells of the tile map; cells they leave or take over are freed first."""
    by.require(Action.PLACE_LOAD)
    rows = gazetteer.tiles(data, name=name)
    with transaction.atomic():
        boundary_actions.take_turn()
        known = areas_by_code((row.scheme, row.code) for row in rows.good)
        good, problems = _with_known_area(rows.good, known, lambda row: (row.scheme, row.code))
        problems += rules.doubled(good, lambda row: ((row.column, row.line), f"{row.column},{row.line}"), "column")
        problems += rules.doubled(good, lambda row: (row.tag, row.tag), "tag")
        bad = {problem.row for problem in problems}
        good = [row for row in good if row.row not in bad]
        before = {t.area_id: (t.column, t.row, t.tag) for t in models.AreaTile.objects.all()}
        wanted = {known[row.scheme, row.code].pk: (row.column, row.line, row.tag) for row in good}
        changed = {pk for pk, cell in wanted.items() if before.get(pk) != cell}
        models.AreaTile.objects.filter(area__in=changed).delete()
        roots = {area.pk: area.ancestor_ids()[0] for area in known.values()}
        layouts = dict(models.AreaCode.objects.filter(area__in=set(roots.values())).values_list("area", "code"))
        models.AreaTile.objects.bulk_create(
            models.AreaTile(area_id=pk, layout=layouts[roots[pk]], column=column, row=line, tag=tag)
            for pk, (column, line, tag) in wanted.items()
            if pk in changed
        )
        created = len(changed - before.keys())
        report = rules.LoadReport(
            name, created, len(changed) - created, len(wanted) - len(changed), (*rows.problems, *problems)
        )
        _record(report, "load_tiles", by=by, at=at)
    return report


def load_indicators(data: bytes, *, name: str, by: Access, at: dt.datetime) -> rules.LoadReport:
    """Every indicator of the file has its labels."""
    by.require(Action.PLACE_LOAD)
    rows = gazetteer.indicators(data, name=name)
    counts = rules.Counter()
    with transaction.atomic():
        for row in rows.good:
            labels = {f: getattr(row, f) for f in ("label_en", "label_sq", "label_sr", "label_sr_latn")}
            found, created = models.Indicator.objects.get_or_create(code=row.code, defaults=labels)
            counts.count(created=created, changed=not created and _update(found, labels))
        report = counts.report(name, rows.problems)
        _record(report, "load_indicators", by=by, at=at)
    return report


def load_observations(data: bytes, *, name: str, by: Access, at: dt.datetime) -> rules.LoadReport:
    """Every usable figure of the file is an observation; a figure of the same vintage that differs is corrected."""
    by.require(Action.PLACE_LOAD)
    rows = gazetteer.observations(data, name=name)
    with transaction.atomic():
        boundary_actions.take_turn()
        known = areas_by_code((row.scheme, row.code) for row in rows.good)
        good, problems = _with_known_area(rows.good, known, lambda row: (row.scheme, row.code))
        indicators = _indicators({row.indicator for row in good})
        new: dict[tuple[object, ...], models.Observation] = {}
        for row in good:
            observation = models.Observation(
                indicator=indicators[row.indicator],
                area=known[row.scheme, row.code],
                **{f: getattr(row, f) for f in (*_OBSERVATION_KEY[2:], *_OBSERVATION_FACTS)},
            )
            key = _observation_key(observation)
            if key in new:
                problems.append(rules.repeated(row.row, "value", f"{row.code} {row.indicator} {row.period_end}"))
            else:
                new[key] = observation
        report = _store_observations(new, name, [*rows.problems, *problems])
        _record(report, "load_observations", by=by, at=at)
    return report


def load_facilities(data: bytes, *, name: str, by: Access, at: dt.datetime) -> rules.LoadReport:
    """Every usable row of the file is a facility in its area; the same code again is the same facility."""
    by.require(Action.PLACE_LOAD)
    rows = gazetteer.facilities(data, name=name)
    counts = rules.Counter()
    with transaction.atomic():
        boundary_actions.take_turn()
        known = areas_by_code(row.area for row in rows.good)
        good, problems = _with_known_area(rows.good, known, lambda row: row.area)
        for row in good:
            facts = {
                f: getattr(row, f) for f in ("kind", "name", "name_other", "lon", "lat", "capacity", "source", "until")
            }
            facts["area"] = known[row.area]
            found, created = models.Facility.objects.get_or_create(scheme=row.scheme, code=row.code, defaults=facts)
            counts.count(created=created, changed=not created and _update(found, facts))
        report = counts.report(name, (*rows.problems, *problems))
        _record(report, "load_facilities", by=by, at=at)
    return report


def areas_by_code(codes: Iterable[Code]) -> dict[Code, models.Area]:
    """The areas that carry the codes."""
    wanted = set(codes)
    schemes = {scheme for scheme, _ in wanted}
    held = models.AreaCode.objects.filter(scheme__in=schemes).select_related("area")
    return {(c.scheme, c.code): c.area for c in held if (c.scheme, c.code) in wanted}


def _placed(
    rows: Sequence[gazetteer.SettlementRow], scheme: str, name: str
) -> tuple[list[gazetteer.AreaRow], list[Problem]]:
    """Settlements hung below their municipality; a row whose point and column disagree is told, and the point wins."""
    points = [(row.lon, row.lat) if row.lon is not None and row.lat is not None else None for row in rows]
    shapes = queries.boundaries("municipality")
    boundaries.refuse_swapped(points, shapes or queries.boundaries("country"), name)
    by_point = boundaries.containing(points, shapes)
    finder = queries.Municipalities(scheme)
    placed: list[gazetteer.AreaRow] = []
    problems: list[Problem] = []
    for row, pointed in zip(rows, by_point, strict=True):
        written = finder.find(row.municipality) if row.municipality else None
        chosen = pointed or written
        if chosen is None:
            problems.append(rules.municipality_unknown(row.row, row.municipality))
            continue
        if pointed and written and pointed != written:
            problems.append(rules.point_elsewhere(row.row, row.municipality, finder.labels[pointed]))
        placed.append(rules.settlement_row(row, finder.codes[chosen]))
    return placed, problems


class _AreaStore:
    """One load of areas: keeps what it looked up while rows become areas, widest kind first."""

    def __init__(self, today: dt.date) -> None:
        self.today = today
        self.counts = rules.Counter()
        self.problems: list[Problem] = []
        self.known: dict[Code, models.Area] = {}

    def store(self, rows: Sequence[gazetteer.AreaRow], *, name: str) -> rules.LoadReport:
        boundary_actions.take_turn()
        self.problems += rules.doubled(rows, lambda row: ((row.scheme, row.code), f"{row.scheme} {row.code}"), "code")
        bad = {problem.row for problem in self.problems}
        rows = [row for row in rows if row.row not in bad]
        all_codes = [c for row in rows for c in ((row.scheme, row.code), row.parent, *row.codes) if c]
        self.known = areas_by_code(all_codes)
        touched: set[int] = set()
        for kind in rules.KINDS:
            level = [row for row in rows if row.kind == kind]
            for start in range(0, len(level), _CHUNK):
                touched |= self._store_chunk(level[start : start + _CHUNK])
        self.counts.changed = len(touched)
        self.counts.same -= len(touched)
        return self.counts.report(name, self.problems)

    def _store_chunk(self, rows: Sequence[gazetteer.AreaRow]) -> set[int]:
        rows = [row for row in rows if self._fits(row)]
        new = [row for row in rows if (row.scheme, row.code) not in self.known]
        old = [row for row in rows if (row.scheme, row.code) in self.known]
        created = models.Area.objects.bulk_create(
            models.Area(kind=row.kind, parent=self.known[row.parent] if row.parent else None, **_facts(row))
            for row in new
        )
        for row, area in zip(new, created, strict=True):
            above = rules.path_ids(area.parent.path or "") if area.parent else ()
            area.path = rules.path_of((*above, area.pk))
            self.known[row.scheme, row.code] = area
        models.Area.objects.bulk_update(created, ["path"])
        touched = {self.known[row.scheme, row.code].pk for row in old if self._refresh(row)}
        touched |= self._store_names(rows) | self._store_codes(rows)
        self.counts.created += len(new)
        self.counts.same += len(old)
        return touched - {area.pk for area in created}

    def _fits(self, row: gazetteer.AreaRow) -> bool:
        """Whether the row's parent is known and wider than it, and its area is still of its kind."""
        parent = self.known.get(row.parent) if row.parent else None
        known = self.known.get((row.scheme, row.code))
        code, template, value = "", "", ""
        if row.parent and parent is None:
            code, value = "parent_unknown", " ".join(row.parent)
            template = message("row {row}: there is no area “{value}” to belong to. Load it first.")
        elif parent is not None and rules.KINDS.index(parent.kind) >= rules.KINDS.index(row.kind):
            code, value = "parent_not_wider", parent.label_sq
            template = message("row {row}: “{value}” is not a wider area, nothing can belong to it here.")
        elif known is not None and known.kind != row.kind:
            code, value = "kind_changed", known.kind
            template = message("row {row}: the area with this code is a {value}. Use another code.")
        if code:
            self.problems.append(Problem(row.row, "parent_code", value, code, template))
        return not code

    def _refresh(self, row: gazetteer.AreaRow) -> bool:
        area = self.known[row.scheme, row.code]
        changed = _update(area, _facts(row))
        parent = self.known[row.parent] if row.parent else None
        if parent is not None and area.parent_id != parent.pk:
            _move(area, parent)
            changed = True
        return changed

    def _store_names(self, rows: Sequence[gazetteer.AreaRow]) -> set[int]:
        """New names are added, an official name that is no longer so becomes a former one."""
        pairs = [(self.known[row.scheme, row.code].pk, row) for row in rows]
        held: dict[int, dict[tuple[str, str, str], models.AreaName]] = {}
        for stored in models.AreaName.objects.filter(area__in=[pk for pk, _ in pairs]):
            held.setdefault(stored.area_id, {})[stored.language, stored.script, stored.name] = stored
        new: list[models.AreaName] = []
        changed: list[models.AreaName] = []
        for pk, row in pairs:
            fresh, altered = self._names_of(pk, row, held.get(pk, {}))
            new += fresh
            changed += altered
        # Names that cease to be official go first: one area has one official name in a language and script.
        models.AreaName.objects.bulk_update(
            sorted(changed, key=lambda n: n.standing == models.AreaName.Standing.OFFICIAL),
            ["standing", "valid_until", "verified"],
            batch_size=1 if changed else None,
        )
        models.AreaName.objects.bulk_create(new)
        return {n.area_id for n in (*new, *changed)}

    def _names_of(
        self, pk: int, row: gazetteer.AreaRow, held: dict[tuple[str, str, str], models.AreaName]
    ) -> tuple[list[models.AreaName], list[models.AreaName]]:
        standing = models.AreaName.Standing
        given = {(n.language, n.script, n.name): n for n in row.names}
        official_forms = {(n.language, n.script) for n in row.names if n.is_official}
        fresh: list[models.AreaName] = []
        altered: list[models.AreaName] = []
        retired = [
            stored
            for form, stored in held.items()
            if stored.standing == standing.OFFICIAL and form not in given and form[:2] in official_forms
        ]
        renamed = {(stored.language, stored.script) for stored in retired}
        for form, name in given.items():
            stored = held.get(form)
            wanted = standing.OFFICIAL if name.is_official else standing.VARIANT
            if stored is None:
                fresh.append(
                    models.AreaName(
                        area_id=pk,
                        language=name.language,
                        script=name.script,
                        name=name.name,
                        key=names.place_key(name.name)[:120],
                        standing=wanted,
                        verified=name.verified,
                        valid_from=self.today if name.is_official and form[:2] in renamed else None,
                        source=row.source,
                    )
                )
            elif (stored.standing, stored.verified) != (wanted, name.verified) and not (
                stored.standing == standing.FORMER and wanted == standing.VARIANT
            ):
                stored.standing, stored.valid_until, stored.verified = wanted, None, name.verified
                altered.append(stored)
        for stored in retired:
            stored.standing, stored.valid_until = standing.FORMER, self.today
            altered.append(stored)
        return fresh, altered

    def _store_codes(self, rows: Sequence[gazetteer.AreaRow]) -> set[int]:
        """Codes are added; one that already names another area is reported and left where it is."""
        new: list[models.AreaCode] = []
        held = {
            (c.scheme, c.code)
            for c in models.AreaCode.objects.filter(area__in=[self.known[r.scheme, r.code].pk for r in rows])
        }
        for row in rows:
            area = self.known[row.scheme, row.code]
            for code in ((row.scheme, row.code), *row.codes):
                owner = self.known.setdefault(code, area)
                if owner.pk != area.pk:
                    self.problems.append(
                        Problem(
                            row.row,
                            "codes",
                            "=".join(code),
                            "code_taken",
                            message("row {row}: the code {value} already belongs to {owner}; it was left there."),
                            {"owner": owner.label_sq},
                        )
                    )
                elif code not in held:
                    held.add(code)
                    new.append(models.AreaCode(area=area, scheme=code[0], code=code[1]))
        models.AreaCode.objects.bulk_create(new)
        return {code.area_id for code in new}


def _facts(row: gazetteer.AreaRow) -> dict[str, object]:
    """Columns of an area as its row gives them; the labels repeat the official names."""
    labels = rules.official_labels({(n.language, n.script): n.name for n in row.names if n.is_official})
    return {**labels, **{f: getattr(row, f) for f in ("area_km2", "lon", "lat", "since", "until", "source")}}


def _move(area: models.Area, parent: models.Area) -> None:
    """Hang an area below another parent, with everything below it."""
    below = list(models.Area.objects.within(area))
    old, new = area.path or "", rules.path_of((*parent.ancestor_ids(), area.pk))
    for each in below:
        each.path = new + (each.path or "")[len(old) :]
    models.Area.objects.bulk_update(below, ["path"], batch_size=_CHUNK)
    area.parent, area.path = parent, new
    area.save(update_fields=["parent", "path"])


def _update(row: db.Model, facts: dict[str, object]) -> bool:
    """Write the facts that differ; whether any did."""
    differing = [f for f, value in facts.items() if getattr(row, f) != value]
    for f in differing:
        setattr(row, f, facts[f])
    if differing:
        row.save(update_fields=differing)
    return bool(differing)


def _with_known_area(
    rows: Sequence[rules.R], known: dict[Code, models.Area], code_of: rules.CodeOf[rules.R]
) -> tuple[list[rules.R], list[Problem]]:
    """Rows whose area is known, and a problem for each of the others."""
    good = [row for row in rows if code_of(row) in known]
    return good, [rules.unknown_area(row.row, code_of(row)) for row in rows if code_of(row) not in known]


_OBSERVATION_KEY = ("indicator_id", "area_id", "period_start", "period_end", "group", "vintage")
_OBSERVATION_FACTS = ("value", "unit", "basis", "note", "source")


def _observation_key(observation: models.Observation) -> tuple[object, ...]:
    return tuple(getattr(observation, f) for f in _OBSERVATION_KEY)


def _indicators(codes: set[str]) -> dict[str, models.Indicator]:
    """Indicators by code; one that is new is named by its code until somebody loads its labels."""
    models.Indicator.objects.bulk_create(
        (models.Indicator(code=code, label_en=code) for code in sorted(codes)), ignore_conflicts=True
    )
    return {i.code: i for i in models.Indicator.objects.filter(code__in=codes)}


def _store_observations(
    new: dict[tuple[object, ...], models.Observation], name: str, problems: Sequence[Problem]
) -> rules.LoadReport:
    areas = {o.area_id for o in new.values()}
    indicators = {o.indicator_id for o in new.values()}
    stored = {
        _observation_key(o): o
        for o in models.Observation.objects.filter(indicator__in=indicators)
        if o.area_id in areas
    }
    models.Observation.objects.bulk_create((o for key, o in new.items() if key not in stored), batch_size=_CHUNK)
    corrected = []
    for key, observation in new.items():
        old = stored.get(key)
        if old and any(getattr(old, f) != getattr(observation, f) for f in _OBSERVATION_FACTS):
            for f in _OBSERVATION_FACTS:
                setattr(old, f, getattr(observation, f))
            corrected.append(old)
    models.Observation.objects.bulk_update(corrected, _OBSERVATION_FACTS, batch_size=_CHUNK)
    created = len(new.keys() - stored.keys())
    same = len(new) - created - len(corrected)
    return rules.LoadReport(name, created, len(corrected), same, tuple(problems))


def _record(report: rules.LoadReport, verb: str, *, by: Access, at: dt.datetime) -> None:
    audit.record(
        by=by.actor,
        at=at,
        room="places",
        verb=verb,
        object_kind="file",
        object_key=report.name,
        payload=report.counts(),
    )
