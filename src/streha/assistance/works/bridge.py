"""Between house works and what lies outside their tables: the list of stages that ships, rows as steps."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from streha.assistance.works import models, rules

DATA = Path(__file__).parent / "data"


@lru_cache(maxsize=1)
def shipped() -> tuple[rules.StageRule, ...]:
    """The stages of every kind as they ship, with their source; unverified until an engineer has confirmed them."""
    with (DATA / "stages.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            rules.StageRule(
                kind=rules.Kind(row["kind"]),
                code=rules.Stage(row["code"]),
                position=int(row["position"]),
                weight=int(row["weight"]),
                days=int(row["days"]),
                after=rules.Stage(row["after"]) if row["after"] else None,
                verified=row["verified"] == "yes",
                source=row["source"],
            )
            for row in csv.DictReader(file)
        )


def stages_of(kind: rules.Kind) -> tuple[rules.StageRule, ...]:
    """The stages of one kind in order."""
    return tuple(rule for rule in shipped() if rule.kind == kind)


def steps_of(rows: Iterable[models.WorksStage]) -> list[rules.Step]:
    """Rows of stages as values, in order."""
    return [
        rules.Step(
            code=rules.Stage(row.code),
            position=row.position,
            weight=row.weight,
            after=rules.Stage(row.after) if row.after else None,
            planned_start=row.planned_start,
            planned_end=row.planned_end,
            percent=row.percent,
            started_on=row.started_on,
            ended_on=row.ended_on,
        )
        for row in sorted(rows, key=lambda one: one.position)
    ]
