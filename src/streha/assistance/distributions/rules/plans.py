"""Drafts of distributions and hand-outs, and what they must not be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from streha.assistance.distributions.rules import slips
from streha.common import errors


@dataclass(frozen=True)
class DistributionDraft:
    """A distribution as somebody plans it."""

    title: str
    kit_id: int
    warehouse_id: int
    audience: slips.Audience
    where: str
    held_on: dt.date
    area_id: int | None = None
    site_id: int | None = None
    cycle_id: int | None = None
    is_fictional: bool = False


@dataclass(frozen=True)
class Collected:
    """Who came for a slip: a person counted on it, or somebody else by name and with a reason."""

    person_id: int | None = None
    other: str = ""
    reason: str = ""


def check_draft(draft: DistributionDraft) -> None:
    """Raise BadInput for a distribution without a title, a place, or anybody it is for."""
    for name in ("title", "where"):
        if not getattr(draft, name).strip():
            raise errors.BadInput(errors.message("This is needed. Write it."), code="missing", field=name)
    needed = {
        slips.Audience.AREA: draft.area_id,
        slips.Audience.SITE: draft.site_id,
        slips.Audience.CYCLE: draft.cycle_id,
    }
    if needed[draft.audience] is None:
        raise errors.BadInput(
            errors.message("Say whom the list is for: an area, a site, or a cycle."),
            code="audience",
            field=draft.audience.value,
        )


def check_collected(told: Collected) -> None:
    """Raise BadInput for a hand-out to nobody, or to somebody else without a name and a reason."""
    if told.person_id is None and not (told.other.strip() and told.reason.strip()):
        raise errors.BadInput(
            errors.message(
                "Say who collects. For somebody who is not on the slip write their name, and why they came."
            ),
            code="collector_missing",
            field="other",
        )


@dataclass(frozen=True)
class PaperLine:
    """A line of a sheet: the code as it was written, and as whom somebody collected, where that was noted."""

    typed: str
    collects: slips.Collects | None = None


WORDS_FOR = {
    slips.Collects.HEAD: ("head", "kryefamiljar", "nositelj", "носилац", "nosilac", "h"),
    slips.Collects.COLLECTOR: ("collector", "marres", "marrës", "primalac", "прималац", "c"),
    slips.Collects.ALTERNATE: ("alternate", "zevendes", "zëvendës", "zamenik", "заменик", "a"),
    slips.Collects.OTHER: ("other", "tjeter", "tjetër", "drugi", "други", "o"),
}


def paper_lines(rows: Sequence[Sequence[str]]) -> list[PaperLine]:
    """Lines of a sheet from its cells: the first is the code, the second may say who collected. A heading is left out.

    Raises BadInput for a sheet without a line, or with more than anybody writes by hand.
    """
    found: list[PaperLine] = []
    for row in rows:
        typed = row[0].strip() if row else ""
        if typed and not _is_heading(typed, is_first=not found):
            found.append(PaperLine(typed[:60], _collects(row[1] if len(row) > 1 else "")))
    if not found:
        raise errors.BadInput(errors.message("There is no code in it. Write one a line."), code="sheet_empty")
    if len(found) > slips.MOST_LINES:
        raise errors.BadInput(
            errors.message("{lines} lines are more than a sheet may have ({most}). Bring it in parts."),
            code="sheet_long",
            lines=len(found),
            most=slips.MOST_LINES,
        )
    return found


def _is_heading(typed: str, *, is_first: bool) -> bool:
    return is_first and typed.casefold() in {"code", "kodi", "kod", "код"}


def _collects(cell: str) -> slips.Collects | None:
    said = cell.strip().casefold()
    return next((role for role, words in WORDS_FOR.items() if said in words), None)
