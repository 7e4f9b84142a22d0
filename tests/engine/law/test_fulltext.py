"""The same question finds the same provisions in both databases."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator

import pytest

from streha.engine.law import fulltext

ROWS = [
    (1, "sq", "Personat e zhvendosur nga përmbytjet marrin strehim të përkohshëm."),
    (2, "sr-Cyrl", "Расељена лица добијају привремени смештај после поплаве."),
    (3, "sr-Latn", "Đaci iz Đakovice putuju besplatno."),
    (4, "en", "Displaced families receive temporary shelter."),
    (5, "en", "The shelter is not temporary."),
    (6, "sq", "Drejtoria mirëmban rrugët."),
]
Search = Callable[[str, str], set[int]]


@pytest.fixture
def on_sqlite() -> Iterator[Search]:
    base = sqlite3.connect(":memory:")
    base.execute(fulltext.sqlite_create().sql)
    for one in fulltext.sqlite_insert(ROWS):
        base.execute(one.sql, one.parameters)

    def search(text: str, lang: str) -> set[int]:
        asked = fulltext.sqlite_search(fulltext.ask(text, lang), limit=10)
        return {number for (number,) in base.execute(asked.sql, asked.parameters)}

    yield search
    base.close()


@pytest.fixture
def on_postgresql() -> Iterator[Search]:
    address = os.environ.get("STREHA_TEST_POSTGRESQL")
    if not address:
        pytest.skip("not run: STREHA_TEST_POSTGRESQL is not set")
    import psycopg

    with psycopg.connect(address) as base:
        for one in fulltext.postgresql_create("law_test_text"):
            base.execute(one.sql)
        for one in fulltext.postgresql_insert(ROWS, "law_test_text"):
            base.execute(one.sql, one.parameters)

        def search(text: str, lang: str) -> set[int]:
            asked = fulltext.postgresql_search(fulltext.ask(text, lang), limit=10, table="law_test_text")
            return {number for (number,) in base.execute(asked.sql, asked.parameters)}

        yield search
        base.rollback()


CASES = [
    ("zhvendosurit", "sq", {1}),
    ("permbytje", "sq", {1}),
    ("raseljenih", "sr-Latn", {2}),
    ("поплавама", "sr-Cyrl", {2}),
    ("djaci", "sr-Latn", {3}),
    ('"temporary shelter"', "en", {4}),
    ("temporary shelter", "en", {4, 5}),
    ("displac*", "en", {4}),
    ("displaced|shelter", "en", {4, 5}),
    ("rrugëve", "sq", {6}),
    ("unicorn", "en", set()),
]


@pytest.mark.parametrize(("text", "lang", "wanted"), CASES)
def test_sqlite(on_sqlite: Search, text: str, lang: str, wanted: set[int]) -> None:
    assert on_sqlite(text, lang) == wanted


@pytest.mark.postgresql
@pytest.mark.parametrize(("text", "lang", "wanted"), CASES)
def test_postgresql(on_postgresql: Search, text: str, lang: str, wanted: set[int]) -> None:
    assert on_postgresql(text, lang) == wanted


@pytest.mark.parametrize("hostile", ['a" OR "b', "x') --", "NEAR(a b)", "a:* & !b", "col:thing", "*", "^a"])
def test_nothing_typed_breaks_the_question(on_sqlite: Search, hostile: str) -> None:
    try:
        on_sqlite(hostile, "en")
    except fulltext.EmptySearch as empty:
        assert hostile in str(empty)


def test_a_table_name_is_never_free_text() -> None:
    with pytest.raises(ValueError, match="plain table name"):
        fulltext.sqlite_create("x; DROP TABLE y")
