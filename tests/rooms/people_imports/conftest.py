"""An office with Kosovo's places, a bringer and a decider of one municipality, and a short way to stage a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from tests import factories

from streha.accounts.models import User
from streha.accounts.rules import Access, HeldRole, Role, Scope, ScopeKind
from streha.jobs import actions as jobs
from streha.people.imports import actions, models
from streha.places import queries as place_queries

AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
TERMS = actions.Terms("Komuna e Pejës", "kthim", "public_task", dt.date(2031, 12, 31))


def municipality(name: str) -> int:
    found = place_queries.resolve(name, kinds={"municipality"}).area_id
    assert found is not None
    return found


@pytest.fixture
def peja(db: None) -> int:
    factories.kosovo()
    return municipality("Pejë")


def access(name: str, role: Role, area: int) -> Access:
    user, _ = User.objects.get_or_create(username=name, defaults={"full_name": name, "created_at": AT})
    return Access(user.pk, name, (HeldRole(role, Scope(ScopeKind.AREA, str(area))),))


@pytest.fixture
def bringer(peja: int) -> Access:
    return access("sjell", Role.CASEWORKER, peja)


@pytest.fixture
def decider(peja: int) -> Access:
    return access("vendos", Role.IMPORT_APPROVER, peja)


def run(batch: models.ImportBatch, work: Callable[..., object], by: Access) -> models.ImportBatch:
    """Do the batch's waiting job here."""
    batch.refresh_from_db()
    job = jobs.claim(worker="test", at=AT, only=batch.job_id)
    assert job is not None
    progress = jobs.Progress(job, clock=lambda: AT)
    work(batch.pk, progress, by=by, at=AT)
    jobs.finish(job, at=AT)
    batch.refresh_from_db()
    return batch


def staged(content: str, by: Access, keeper: int, terms: actions.Terms = TERMS) -> models.ImportBatch:
    """A list brought, mapped by its guesses, and staged."""
    batch = actions.bring(content.encode(), name="lista.csv", keeper_id=keeper, terms=terms, by=by, at=AT)
    if batch.state == models.BatchState.MAPPING:
        batch = actions.start_staging(batch.pk, by=by, at=AT)
        batch = run(batch, actions.stage, by)
    return batch


def committed(batch: models.ImportBatch, by: Access) -> models.ImportBatch:
    """Plain rows decided as new and taken in."""
    from streha.people.imports import queries

    actions.decide_many(batch.pk, queries.RowFilter(kind="plain"), models.Decision.NEW, by=by, at=AT)
    actions.start_commit(batch.pk, by=by, at=AT)
    return run(batch, actions.commit, by)
