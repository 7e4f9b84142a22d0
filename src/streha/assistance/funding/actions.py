"""Money is set aside for what the writer may see; how much a line or a commitment holds is programmes' to say."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from streha.accounts.rules import Access
from streha.assistance.funding import queries
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models
from streha.assistance.programmes.rules import For, check_named
from streha.common.money import Money


@transaction.atomic
def set_aside(line_id: int, amount: Money, kind: For, key: int, *, by: Access, at: dt.datetime) -> models.Commitment:
    """So much of the line is set aside for a lot, grant, course, project or cycle that the writer may see."""
    found = queries.target(by, kind, key)
    title = found.said[: models.NAME_LENGTH]
    return programmes.commit(line_id, amount, kind, key, title=title, by=by, at=at)


@transaction.atomic
def set_aside_otherwise(line_id: int, amount: Money, title: str, *, by: Access, at: dt.datetime) -> models.Commitment:
    """So much of the line is set aside for something that has no page here; its title says what."""
    named = check_named(title, "title")[: models.NAME_LENGTH]
    return programmes.commit(line_id, amount, For.OTHER, named[:40], title=named, by=by, at=at)


@transaction.atomic
def change(commitment_id: int, amount: Money, *, version: int, by: Access, at: dt.datetime) -> models.Commitment:
    """The commitment is of so much now; only for what the writer may see."""
    row = models.Commitment.objects.filter(pk=commitment_id).first()
    if row is not None and For(row.kind) in queries.TABLES:
        queries.target(by, For(row.kind), int(row.key))
    return programmes.change_commitment(commitment_id, amount, version=version, by=by, at=at)
