"""Keyset paging: the next rows start after the last one shown, so no page costs more than the first."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

from streha.common import errors, pages


@dataclass(frozen=True)
class Page(pages.Page[Any]):
    """A page that also knows the key before which the previous one ends."""

    previous: str = ""


def page(rows: QuerySet[Any], query: Mapping[str, str], *, by: Sequence[str], size: int = pages.PAGE_SIZE) -> Page:
    """One page of a queryset.

    ``by`` names the order ("-at", "pk"); its last column must be unique, and none may be null. ``query`` is the
    address's, with ``after`` or ``before``. Raises BadInput for a key that is not one of ours.
    """
    after, before = query.get("after", ""), query.get("before", "")
    order = list(by)
    if before:
        found = list(_beyond(rows, _turned(order), before).order_by(*_turned(order))[: size + 1])
        kept = found[:size][::-1]
        return _as_page(kept, order, has_next=True, has_previous=len(found) > size)
    chosen = _beyond(rows, order, after) if after else rows
    found = list(chosen.order_by(*order)[: size + 1])
    return _as_page(found[:size], order, has_next=len(found) > size, has_previous=bool(after))


def link(query: QueryDict, direction: str, key: str) -> str:
    """The address's own query with another place in the list: ``?role=keeper&after=…``."""
    changed = query.copy()
    changed.pop("after", None)
    changed.pop("before", None)
    if direction:
        changed[direction] = key
    return "?" + changed.urlencode()


def _as_page(rows: list[Any], order: list[str], *, has_next: bool, has_previous: bool) -> Page:
    if not rows:
        return Page(rows)
    return Page(
        rows,
        next=_key(rows[-1], order) if has_next else "",
        previous=_key(rows[0], order) if has_previous else "",
    )


def _turned(order: Sequence[str]) -> list[str]:
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = row[part] if isinstance(row, Mapping) else getattr(row, part)
    if isinstance(row, Model):
        return row.pk
    return row


def _key(row: Any, order: Sequence[str]) -> str:
    values = [_packed(_value(row, name.lstrip("-"))) for name in order]
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def _packed(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return {"t": value.isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    if isinstance(value, uuid.UUID):
        return {"u": value.hex}
    return value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "t" in value:
        return dt.datetime.fromisoformat(value["t"])
    if "d" in value:
        return dt.date.fromisoformat(value["d"])
    return uuid.UUID(value["u"])


def _values(key: str, count: int) -> list[Any]:
    wrong = errors.BadInput(errors.message("This page's address is damaged. Go back to the first page of the list."))
    try:
        values = json.loads(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        unpacked = [_unpacked(value) for value in values]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise wrong from None
    if len(unpacked) != count or any(value is None or isinstance(value, list) for value in unpacked):
        raise wrong
    return unpacked


def _beyond(rows: QuerySet[Any], order: Sequence[str], key: str) -> QuerySet[Any]:
    """Rows after the key in the given order: first column beyond, or equal and the second beyond, and so on."""
    values = _values(key, len(order))
    condition, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        column = name.lstrip("-")
        condition |= equal & Q(**{f"{column}__{_comparison(name)}": value})
        equal &= Q(**{column: value})
    # The first column alone, said once more: neither database walks an index along an OR.
    bound = Q(**{f"{order[0].lstrip('-')}__{_comparison(order[0])}e": values[0]})
    return rows.filter(bound & condition)


def _comparison(name: str) -> str:
    return "lt" if name.startswith("-") else "gt"
