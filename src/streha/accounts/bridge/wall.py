"""Who asks, as PostgreSQL is told: the second wall behind every query.

Doors announce the viewer of a request (``asking``); whatever was not announced sees nothing. Work that must look
further than its viewer opens ``beyond``, the one small door through the wall, and says why; ``tests/shape`` lists
every place that does. On SQLite nothing of this reaches the database, and the first wall (``visible_to``) stands alone.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from streha.accounts.rules import Reach

KINDS = ("everywhere", "areas", "organisations", "user")
COLUMNS = ("keeper_id", "organisation_id", "registered_by_id")
NAMES = ("beyond", "opened", *(f"{reach}_{kind}" for reach in Reach for kind in KINDS))
"""What a session is told, each as the setting ``streha.NAME``; empty says no."""

# What looks cost is guessed high; for a page of fifty rows PostgreSQL would else compile machine code for seconds. And
# to plan a look takes longer than a thousand looks.
_STATEMENT = "SELECT set_config('jit', 'off', false), set_config('plan_cache_mode', 'force_generic_plan', false), "
_STATEMENT += ", ".join(f"set_config('streha.{name}', %s, false)" for name in NAMES)


class Viewer:
    """What one session is told of one viewer. Two viewers are the same only if they are one object."""

    def __init__(self, told: Mapping[str, str]) -> None:
        unknown = told.keys() - set(NAMES)
        if unknown:
            raise ValueError(f"not a setting of the wall: {sorted(unknown)}")
        self._values = [told.get(name, "") for name in NAMES]

    def statement(self) -> tuple[str, list[str]]:
        """What is sent: every setting, so that nothing of an earlier viewer stays."""
        return _STATEMENT, self._values


NOBODY = Viewer({})
_asks: ContextVar[Viewer | None] = ContextVar("streha_wall", default=None)
_ground: Viewer = NOBODY


def viewer() -> Viewer:
    """Who asks at this moment."""
    return _asks.get() or _ground


@contextmanager
def asking(who: Viewer) -> Iterator[None]:
    """Everything within is asked by this viewer; afterwards by whoever asked before."""
    before = _asks.get()
    _asks.set(who)
    try:
        yield
    finally:
        _asks.set(before)


def now_asks(who: Viewer) -> None:
    """From here on this viewer asks, until the ``asking`` around it ends: for a door that learns late who it is."""
    _asks.set(who)


@contextmanager
def beyond(why: str) -> Iterator[None]:
    """Everything within sees all rows. ``why`` stands in the session for whoever looks at it."""
    with asking(_opened(why)):
        yield


def stand_beyond(why: str) -> None:
    """This whole process works beyond the wall unless a viewer is announced: for commands at the office's terminal."""
    global _ground  # noqa: PLW0603 - once, when a command begins
    _ground = _opened(why)


_doors: dict[str, Viewer] = {}


def _opened(why: str) -> Viewer:
    """The viewer of a reason, always the same object, so that a session which holds it need not be told again."""
    if why not in _doors:
        _doors[why] = Viewer({"beyond": why})
    return _doors[why]


# --- where an action is carried: in values for a query, in settings for the wall


def setting(name: str) -> str:
    """What the session was told under this name, as SQL; null for nothing."""
    return f"NULLIF(current_setting('streha.{name}', true), '')"


def said(*names: str) -> Q:
    """The condition that the session was told one of these."""
    some = " OR ".join(f"{setting(name)} IS NOT NULL" for name in names)
    return Q(RawSQL(some, (), output_field=BooleanField()))  # noqa: S611 - names are ours


def holds(*reaches: Reach) -> Q:
    """The condition that the session was told where one of these is carried, wherever that is."""
    return said(*(f"{reach}_{kind}" for reach in reaches for kind in KINDS))


def listed(name: str, kind: str) -> RawSQL:
    """The values of a setting as rows, from which PostgreSQL makes a table of hashes once in a statement."""
    return RawSQL(f"SELECT unnest({setting(name)}::{kind}[])", ())  # noqa: S611 - names are ours


@dataclass(frozen=True)
class Ground:
    """Where an action is carried: all rows, or those kept by areas, of organisations, or registered by the user."""

    everywhere: bool | Q = False
    areas: Collection[int] | RawSQL = ()
    organisations: Collection[int] | RawSQL = ()
    users: Collection[int] | RawSQL = ()

    def q(self, prefix: str = "", columns: tuple[str, str, str] = COLUMNS) -> Q:
        """The condition on rows that carry these columns: of areas, of organisations, of users; one may be empty."""
        if self.everywhere is True:
            return ~Q(pk__in=[])  # not the empty Q, which vanishes from an OR
        found = self.everywhere if isinstance(self.everywhere, Q) else Q(pk__in=[])
        for column, values in zip(columns, (self.areas, self.organisations, self.users), strict=True):
            if column and (isinstance(values, RawSQL) or values):
                found |= Q(**{f"{prefix}{column}__in": values})
        return found

    def told(self, reach: Reach) -> dict[str, str]:
        """The settings that say the same."""
        told = {"everywhere": "on" if self.everywhere else ""}
        for kind, values in (("areas", self.areas), ("organisations", self.organisations), ("user", self.users)):
            told[kind] = as_array(values) if not isinstance(values, RawSQL) else ""
        return {f"{reach}_{kind}": value for kind, value in told.items()}


class OfEach(Exists):
    """Whether there are such rows, asked of each outer row as it comes.

    PostgreSQL would else make a join of it, and for one page of a list read whole tables, row by row, behind the wall.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"  # an offset, though it be none, is what keeps a subquery for itself


def as_array(values: Iterable[object]) -> str:
    """Values as PostgreSQL writes an array; empty for none."""
    found = ",".join(str(value) for value in values)
    return f"{{{found}}}" if found else ""


def announced(reach: Reach) -> Ground:
    """The same ground, read from the session: what policies are made of."""
    return Ground(
        everywhere=said(f"{reach}_everywhere"),
        areas=listed(f"{reach}_areas", "bigint"),
        organisations=listed(f"{reach}_organisations", "bigint"),
        users=listed(f"{reach}_user", "bigint"),
    )


# --- what a model says of itself


@dataclass(frozen=True)
class Look:
    """Whether rows speak of an outer one, whoever sees them: the same question for both walls.

    Behind the second wall the first one asks it by a function that looks beyond, for as a subquery it would be held
    against the policies of every table in it, row by row, and find nothing that its viewer may not see.
    """

    name: str
    rows: Callable[[OuterRef], list[QuerySet[Any]]]

    def q(self, key: str = "pk") -> Q:
        """The condition on outer rows, or on rows whose ``key`` leads to them."""
        if stands(self.name):
            return Q(Func(F(key), function=self.name, output_field=BooleanField()))
        return functools.reduce(operator.or_, (Q(OfEach(rows)) for rows in self.rows(OuterRef(key))))


_standing: set[str] = set()


def stands(function: str) -> bool:
    """Whether the wall is raised, with a function of this name."""
    if not settings.SECOND_WALL or connection.vendor != "postgresql":
        return False
    if function not in _standing:
        connection.ensure_connection()
        with connection.wrap_database_errors:
            found = connection.connection.execute("SELECT to_regproc(%s) IS NOT NULL", [function]).fetchone()
        if found[0]:
            _standing.add(function)
    return function in _standing


@dataclass(frozen=True)
class Shown:
    """Rows of another table, let through because rows that the viewer sees speak of them."""

    model: type[Model]
    reach: Reach
    """Of which reach it is; who was told nothing of that is spared the look."""
    among: Callable[[], Q]
    """What can be said of such a row from itself, before anything is looked up."""
    named: Callable[[], list[QuerySet[Any]]]
    """Rows that speak of an outer one, ``OuterRef("pk")``: most are spoken of by none, and that is found quickly."""
    by: Callable[[], list[QuerySet[Any]]]
    """Those of them that the viewer sees: looked up beyond the wall, so their own condition stands in them."""


@dataclass(frozen=True)
class Wall:
    """How the rows of a table are held: as the rows they hang on, or by a condition of their own."""

    through: tuple[str, ...] = ()
    rule: Callable[[], Q] | None = None
    asked_beyond: bool = False
    """The condition joins rows that the viewer may not see: it is asked beyond the wall, of one row at a time."""
    spared_by: Callable[[], Q] | None = None
    """A condition that is enough by itself and joins nothing: whoever meets it everywhere is spared the look."""
    led_by: str = ""
    """A key to the same table: a row that has it is seen with the row it points to, and by that alone."""
    shown_by: Callable[[], list[QuerySet[Any]]] | None = None
    """Rows that show an outer one, ``OuterRef("pk")``, opened by break-glass: looked up beyond the wall."""
    hidden_unless: Callable[[], Q] | None = None
    """Who needs no look at what hides a row, for nothing is hidden from them."""
    hidden_if: Look | None = None
    """Without this, nothing hides a row; with it, what ``hidden_by`` finds, or simply this."""
    hidden_by: Callable[[], list[QuerySet[Any]]] | None = None
    """Rows that hide an outer one whatever else shows it: looked up beyond the wall, for they are hidden themselves."""
    looks: tuple[Look, ...] = ()
    """What the first wall asks of its rows."""
    shows: tuple[Shown, ...] = ()
    """What its rows let through of other tables."""


def through(*keys: str, shows: tuple[Shown, ...] = ()) -> Wall:
    """A row is seen by whoever sees every row that these keys point to. The one line that puts a table behind the wall:
    ``WALL = wall.through("person")``.
    """
    return Wall(through=keys, shows=shows)


def rule(
    seen: Callable[[], Q],
    *,
    asked_beyond: bool = False,
    spared_by: Callable[[], Q] | None = None,
    led_by: str = "",
    shown_by: Callable[[], list[QuerySet[Any]]] | None = None,
    hidden_unless: Callable[[], Q] | None = None,
    hidden_if: Look | None = None,
    hidden_by: Callable[[], list[QuerySet[Any]]] | None = None,
    looks: tuple[Look, ...] = (),
    shows: tuple[Shown, ...] = (),
) -> Wall:
    """A row is seen if it meets the condition, unless it is led by another row, or hidden."""
    return Wall(
        rule=seen,
        asked_beyond=asked_beyond,
        spared_by=spared_by,
        led_by=led_by,
        shown_by=shown_by,
        hidden_unless=hidden_unless,
        hidden_if=hidden_if,
        hidden_by=hidden_by,
        looks=looks,
        shows=shows,
    )
