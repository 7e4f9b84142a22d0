"""``streha selection``: computes a past ranked list again from what was frozen, and says what differs."""

from __future__ import annotations

import json
import sys

import click

from streha.common import errors, numbers

SHOWN = 20


@click.group(name="selection")
def group() -> None:
    """Ranked lists of commissions."""


@group.command()
@click.argument("list_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--frozen-only", is_flag=True, help="Do not compare with the register of today; quicker.")
def replay(list_id: str, as_json: bool, frozen_only: bool) -> None:
    """Rank list ID (S-0003 or 3) again from its sealed inputs, its grid and its points.

    Ends with 1 when the list, the grid or a kept number is not what it was. Changes in the register since are told
    and are no fault: a list stands on what was frozen. Names are not printed.
    """
    from streha.accounts.rules import system
    from streha.assistance.selections import queries

    number = numbers.whole(list_id.upper().removeprefix("S-"))
    if number is None:
        raise errors.BadInput(
            errors.message("“{value}” is not the number of a list. It looks like S-0003."), value=list_id
        )
    selection = queries.visible_selection(system("terminal"), number)
    found = queries.replay(selection, with_today=not frozen_only)
    held = found.is_same_list and found.is_same_grid and not found.wrong
    told = {
        "list": str(selection),
        "applications": len(found.rows),
        "erased": found.erased,
        "same_list": found.is_same_list,
        "same_grid": found.is_same_grid,
        "other_numbers": _fields(found.wrong, "wrong"),
        "changed_since": _fields(found.since, "since"),
    }
    click.echo(json.dumps(told, indent=1) if as_json else _in_words(told))
    sys.exit(0 if held else 1)


def _fields(rows: object, what: str) -> list[dict[str, object]]:
    """Application by number and which fields, without what stands in them."""
    return [
        {"application": row.number, "fields": [change.field for change in getattr(row, what)]}
        for row in rows  # type: ignore[attr-defined]
    ]


def _in_words(told: dict[str, object]) -> str:
    lines = [
        f"{told['list']}: {told['applications']} applications, {told['erased']} erased",
        "the same list" if told["same_list"] else "ANOTHER LIST",
        "the same grid" if told["same_grid"] else "ANOTHER GRID",
    ]
    for key, said in (("other_numbers", "other numbers"), ("changed_since", "changed in the register since")):
        rows = told[key]
        assert isinstance(rows, list)
        for row in rows[:SHOWN]:
            lines.append(f"application {row['application']}: {said}: {', '.join(row['fields']) or 'place in the list'}")  # noqa: PERF401
        if len(rows) > SHOWN:
            lines.append(f"and {len(rows) - SHOWN} more applications: {said}")
    return "\n".join(lines)
