"""Full-text search of provisions over one folded, stemmed column, with the same question for SQLite and PostgreSQL.

Neither database knows Albanian, and SQLite does not fold "đ". So the engine folds and stems (``words.column``), both
databases only match words, and the same search finds the same provisions in either. The SQL here is text and
parameters; running it is a room's business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from streha.common import errors
from streha.common.errors import message
from streha.engine.law import words

MAX_WORDS = 24
_SAFE = re.compile(r"[^\W_]+")


class EmptySearch(errors.BadInput):
    """Nothing to look for."""

    code = "search_empty"
    template = message("There is no word to look for in {text!r}.")


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for: groups of stems; every group must be met, by any of its stems, whole or as a beginning."""

    groups: tuple[tuple[str, ...], ...]
    phrases: tuple[tuple[str, ...], ...]
    lang: str


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters, in the style of its database (``?`` or ``%s``)."""

    sql: str
    parameters: tuple[object, ...]


def ask(text: str, lang: str) -> Question:
    """A question from what a person typed.

    Words must all occur, in any form; "words in quotes" stand side by side; ``word*`` is a beginning; ``a|b`` is
    either.

    Raises
    ------
    EmptySearch
        When no letter or figure is left.
    """
    phrases = []
    for quoted in re.findall(r'"([^"]+)"', text):
        stems = tuple(_plain(token.stem) for token in words.tokens(quoted, lang))
        if stems:
            phrases.append(stems[:MAX_WORDS])
    groups = []
    for part in re.sub(r'"[^"]*"', " ", text).split()[:MAX_WORDS]:
        choices = [stem for choice in part.split("|") for stem in _choice(choice, lang)]
        if choices:
            groups.append(tuple(dict.fromkeys(choices)))
    if not groups and not phrases:
        raise EmptySearch(text=text)
    return Question(tuple(groups), tuple(phrases), lang)


def _choice(choice: str, lang: str) -> list[str]:
    found = words.tokens(choice.rstrip("*"), lang)
    if choice.endswith("*") and found:
        return [_plain(found[-1].folded) + "*"]
    return [_plain(token.stem) for token in found]


def _plain(stem: str) -> str:
    return "".join(_SAFE.findall(stem))


# ---------------------------------------------------------------- SQLite


def sqlite_create(table: str = "provision_text") -> Statement:
    """An FTS5 table of stems; the tokenizer only parts at spaces, since the words are folded already."""
    name = _name(table)
    return Statement(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5(stems, lang UNINDEXED, "
        "tokenize=\"unicode61 remove_diacritics 0\", detail='full')",
        (),
    )


def sqlite_insert(rows: Sequence[tuple[int, str, str]], table: str = "provision_text") -> list[Statement]:
    """Rows of (id, lang, text); stems are made here."""
    name = _name(table)
    sql = f"INSERT INTO {name}(rowid, stems, lang) VALUES (?, ?, ?)"  # noqa: S608 - the name is checked
    return [Statement(sql, (number, words.column(text, lang), lang)) for number, lang, text in rows]


def sqlite_search(question: Question, *, limit: int, table: str = "provision_text") -> Statement:
    """The ids of matching provisions, best first (BM25)."""
    name = _name(table)
    parts = ['"' + " ".join(phrase) + '"' for phrase in question.phrases]
    parts += ["(" + " OR ".join(_sqlite_term(stem) for stem in group) + ")" for group in question.groups]
    return Statement(
        f"SELECT rowid FROM {name} WHERE {name} MATCH ? AND lang LIKE ? ORDER BY rank LIMIT ?",  # noqa: S608
        (" AND ".join(parts), question.lang[:2] + "%", limit),
    )


def _sqlite_term(stem: str) -> str:
    return f'"{stem[:-1]}"*' if stem.endswith("*") else f'"{stem}"'


# ---------------------------------------------------------------- PostgreSQL


def postgresql_create(table: str = "provision_text") -> list[Statement]:
    """A table whose text vector has no dictionary of its own: 'simple' leaves our stems as they are."""
    name = _name(table)
    return [
        Statement(
            f"CREATE TABLE IF NOT EXISTS {name} (id bigint PRIMARY KEY, lang text NOT NULL, stems text NOT NULL, "
            "vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', stems)) STORED)",
            (),
        ),
        Statement(f"CREATE INDEX IF NOT EXISTS {name}_vector ON {name} USING gin (vector)", ()),
    ]


def postgresql_insert(rows: Sequence[tuple[int, str, str]], table: str = "provision_text") -> list[Statement]:
    """Rows of (id, lang, text); stems are made here."""
    name = _name(table)
    sql = f"INSERT INTO {name}(id, stems, lang) VALUES (%s, %s, %s)"  # noqa: S608 - the name is checked
    return [Statement(sql, (number, words.column(text, lang), lang)) for number, lang, text in rows]


def postgresql_search(question: Question, *, limit: int, table: str = "provision_text") -> Statement:
    """The ids of matching provisions, best first.

    Only the first thousand matches are ranked: a word that stands everywhere ranks nothing.
    """
    name = _name(table)
    parts = [" <-> ".join(phrase) for phrase in question.phrases]
    parts += ["(" + " | ".join(_postgresql_term(stem) for stem in group) + ")" for group in question.groups]
    return Statement(
        f"SELECT id FROM (SELECT id, vector, query FROM {name}, to_tsquery('simple', %s) query "  # noqa: S608
        "WHERE vector @@ query AND lang LIKE %s LIMIT 1000) found ORDER BY ts_rank_cd(vector, query) DESC, id LIMIT %s",
        (" & ".join(f"({part})" for part in parts), question.lang[:2] + "%", limit),
    )


def _postgresql_term(stem: str) -> str:
    return f"{stem[:-1]}:*" if stem.endswith("*") else stem


def _name(table: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,50}", table):
        raise ValueError(f"{table!r} is no plain table name")
    return table
