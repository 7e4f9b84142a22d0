"""A big load drops the indexes of search and builds them again, also when it was interrupted in between."""

from __future__ import annotations

import pytest
from django.db import connection

from streha.people import models
from streha_demo import haste

pytestmark = pytest.mark.django_db(transaction=True)


def held() -> set[str]:
    """Names of all indexes and constraints of the tables that a big load writes without them."""
    tables = haste.REFERRING if connection.vendor == "postgresql" else haste.SPREAD
    with connection.cursor() as cursor:
        return {
            name for model in tables for name in connection.introspection.get_constraints(cursor, model._meta.db_table)
        }


def references() -> int:
    with connection.cursor() as cursor:
        told = connection.introspection.get_constraints(cursor, models.NameKey._meta.db_table)
    return sum(1 for said in told.values() if said["foreign_key"])


def test_every_index_is_there_again_afterwards() -> None:
    before = held()
    assert "people_namekey_search" in before
    with haste.loading(haste.FROM_PEOPLE, is_empty=True):
        assert "people_namekey_search" not in held()
        assert references() == (0 if connection.vendor == "postgresql" else 2)
    assert held() == before
    assert references() == 2


def test_a_load_that_goes_on_builds_what_the_interrupted_one_dropped() -> None:
    before = held()
    with pytest.raises(KeyboardInterrupt), haste.loading(haste.FROM_PEOPLE, is_empty=True):
        raise KeyboardInterrupt
    assert "people_namekey_search" not in held()
    with haste.loading(haste.FROM_PEOPLE, is_empty=False):
        assert "people_namekey_search" not in held()
    assert held() == before
    assert haste.build_missing() == []


def test_a_small_load_leaves_the_indexes_alone() -> None:
    before = held()
    with haste.loading(haste.FROM_PEOPLE - 1, is_empty=True):
        assert held() == before
