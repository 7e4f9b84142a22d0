"""Feedback to tables of counts and back: how groups of people were answered, after disclosure control."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from streha.cases.feedback import models, rules
from streha.common.codes import Sex
from streha.engine.disclosure import dimensions, releases, sensitivity, systems, tables

LEAST = 5  # no figure of fewer people is shown
POPULATION, COURSE = "feedback", "course"
IN_TIME, OTHERS = "in_time", "others"
GROUPS: dict[str, tuple[str, ...]] = {
    "sex": tuple(code.value for code in Sex),
    "age_group": tuple(code.value for code in rules.AgeGroup),
    "disability": tuple(code.value for code in rules.Disability),
}


@dataclass(frozen=True)
class GroupFigure:
    """Feedback of a group: how many, and how many of them answered in time; None where that may not be shown."""

    dimension: str
    group: str
    number: int | None
    in_time: int | None


def by_group(rows: Sequence[models.Feedback], names: Iterable[str], today: dt.date) -> list[GroupFigure]:
    """Feedback by groups, all tables protected together; none for very few.

    The page prints how many there are and how many were answered in time, so both count as known. Where either of the
    two sides is small, groups are not told apart by it.
    """
    if len(rows) < LEAST:
        return []
    courses = [_course(row, today) for row in rows]
    is_split = min(courses.count(IN_TIME), courses.count(OTHERS)) >= LEAST
    shown = courses if is_split else [OTHERS] * len(rows)
    held = [(name, codes, _table(name, codes, rows, shown)) for name in names if (codes := _codes(name, rows))]
    if not held:
        return []
    system = systems.of_tables(*(table for _, _, table in held))
    known = [(POPULATION, ()), *((POPULATION, ((COURSE, code),)) for code in dict.fromkeys(shown))]
    release = releases.suppressed(systems.with_known(system, known), sensitivity.threshold(system, LEAST))
    return [_figure(release, name, code, is_split=is_split) for name, codes, _ in held for code in codes]


def _codes(name: str, rows: Sequence[models.Feedback]) -> list[str]:
    there = {getattr(row, name) for row in rows}
    return [code for code in GROUPS[name] if code in there]


def _table(name: str, codes: Sequence[str], rows: Sequence[models.Feedback], courses: Sequence[str]) -> tables.Table:
    sides = [dimensions.flat(name, codes), dimensions.flat(COURSE, sorted(set(courses)))]
    counts = np.zeros((len(codes), len(set(courses))))
    order = sorted(set(courses))
    for row, course in zip(rows, courses, strict=True):
        counts[codes.index(getattr(row, name)), order.index(course)] += 1
    return tables.of_counts(POPULATION, sides, counts)


def _course(row: models.Feedback, today: dt.date) -> str:
    course = rules.Course(row.received_on, None, None, row.answer_by, row.answered_on, None, None)
    return IN_TIME if course.answered_in_time(today) else OTHERS


def _figure(release: releases.Release, name: str, code: str, *, is_split: bool) -> GroupFigure:
    number = release.figure((POPULATION, ((name, code),))).value
    if not is_split:
        return GroupFigure(name, code, None if number is None else int(number), None)
    in_time = release.figure((POPULATION, tuple(sorted(((name, code), (COURSE, IN_TIME)))))).value
    return GroupFigure(name, code, None if number is None else int(number), None if in_time is None else int(in_time))
