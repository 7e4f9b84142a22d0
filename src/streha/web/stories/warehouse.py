"""The story of a warehouse: received, moved, handed out, come back, lost, counted, and what expires next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streha.assistance.distributions import models as distributions
from streha.assistance.supplies import models, queries
from streha.assistance.supplies.rules import stock
from streha.web import words
from streha.web.stories.lines import Line, Story, day, name_of, told
from streha.web.templatetags.register import said
from streha.web.templatetags.streha import number

NAMED = 4  # items that a line names; of more it says how many


def story(
    page: queries.WarehousePage,
    deeds: Sequence[queries.Deed],
    counts: Sequence[models.StockCount],
    held: Sequence[distributions.Distribution],
    today: dt.date,
) -> Story:
    """What happened to the stock, and what comes next."""
    known = {one.pk: one for one in held}
    return told([*_came(page), *_moved(deeds, known), *_counted(counts), *_ahead(page, held)], today)


def _came(page: queries.WarehousePage) -> Iterator[Line]:
    warehouse = page.warehouse
    yield Line(day(warehouse.registered_at), _("Warehouse opened"), who=name_of(warehouse.registered_by))
    if warehouse.ended_on:
        yield Line(warehouse.ended_on, _("Warehouse closed"))


def _moved(deeds: Sequence[queries.Deed], known: Mapping[int, distributions.Distribution]) -> Iterator[Line]:
    for deed in deeds:
        distribution = known.get(deed.distribution_id or 0)
        why = str(words.word("loss", deed.why)) if deed.kind == stock.Kind.LOSE else ""
        paper = distribution.title if distribution else deed.paper
        detail = " · ".join(filter(None, (why, "" if distribution else paper)))
        yield Line(
            day(deed.at),
            f"{_kind(deed.kind)}, {_much(deed)}",
            distribution.title if distribution else "",
            reverse("distribution", args=[distribution.pk]) if distribution else "",
            detail,
            name_of(deed.by),
        )


def _kind(kind: str) -> str:
    return {
        stock.Kind.RECEIVE: _("Received"),
        stock.Kind.MOVE_OUT: _("Moved to another warehouse"),
        stock.Kind.MOVE_IN: _("Came from another warehouse"),
        stock.Kind.HAND_OUT: _("Handed out"),
        stock.Kind.RETURN: _("Came back"),
        stock.Kind.LOSE: _("Lost"),
        stock.Kind.ADJUST: _("Corrected by a count"),
    }[stock.Kind(kind)]


def _much(deed: queries.Deed) -> str:
    """Each item with its number, as in: blankets 200, tarpaulins 40; and how many more where there are many."""
    sign = 1 if deed.kind == stock.Kind.ADJUST else -1 if deed.kind in stock.OUT else 1
    parts = [f"{said(item.name)} {number(sign * quantity)}" for item, quantity in deed.much]
    if len(parts) <= NAMED:
        return ", ".join(parts)
    more = len(parts) - NAMED
    rest = ngettext("%(n)s more item", "%(n)s more items", more) % {"n": number(more)}
    return f"{', '.join(parts[:NAMED])}, {rest}"


def _counted(counts: Sequence[models.StockCount]) -> Iterator[Line]:
    for one in counts:
        url = reverse("stock_count", args=[one.pk])
        differ = sum(line.by != 0 for line in one.lines.all())
        told_of = ngettext("%(n)s batch differs", "%(n)s batches differ", differ) % {"n": number(differ)}
        yield Line(day(one.counted_at), _("Stock counted"), told_of, url, who=name_of(one.counted_by))
        if one.settled_at is None:
            yield Line(day(one.counted_at), _("Count to be settled"), told_of, url, is_open=True)
        else:
            word = _("Count set aside") if one.is_dropped else _("Count settled")
            yield Line(day(one.settled_at), word, url=url, detail=one.note, who=name_of(one.settled_by))


def _ahead(page: queries.WarehousePage, held: Sequence[distributions.Distribution]) -> Iterator[Line]:
    """Distributions that are not closed, and the batches that expire next."""
    for one in held:
        if one.state != "closed":
            url = reverse("distribution", args=[one.pk])
            yield Line(one.held_on, _("Distribution"), one.title, url, said(one.kit.name), is_open=True)
    expiring = [row for row in page.balances if row.batch.expires_on]
    for row in sorted(expiring, key=lambda row: (row.batch.expires_on, row.batch_id))[:3]:
        what = f"{said(row.batch.item.name)} {number(row.quantity)}"
        yield Line(row.batch.expires_on, _("May be given until this day"), what, detail=row.batch.lot, is_open=True)
