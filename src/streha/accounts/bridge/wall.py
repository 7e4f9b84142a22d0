"""Who asks, as PostgreSQL is told: the second wall behind every query.

Doors announce the viewer of a request (``asking``); whatever was not announced sees nothing. Work that must look
further than its viewer opens ``beyond``, the one small door through the wall, and says why; ``tests/shape`` lists
every place that does. On SQLite nothing of this reaches the database, and the first wall (``visible_to``) stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from streha.accounts.rules import Reach

KINDS = ("everywhere", "areas", "organisations", "user")
NAMES = ("beyond", "opened", *(f"{reach}_{kind}" for reach in Reach for kind in KINDS))
"""What a session is told, each as the setting ``streha.NAME``; empty says no."""

_STATEMENT = "SELECT " + ", ".join(f"set_config('streha.{name}', %s, false)" for name in NAMES)


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


def _setting(name: str) -> str:
    return f"NULLIF(current_setting('streha.{name}', true), '')"


def said(*names: str) -> Q:
    """The condition that the session was told one of these. Read once in a statement, not once a row."""
    some = " OR ".join(f"{_setting(name)} IS NOT NULL" for name in names)
    return Q(RawSQL(f"SELECT {some}", (), output_field=BooleanField()))  # noqa: S611 - names are ours


def listed(name: str, kind: str) -> RawSQL:
    """The values of a setting as rows, from which PostgreSQL makes a table of hashes once in a statement."""
    return RawSQL(f"SELECT unnest({_setting(name)}::{kind}[])", ())  # noqa: S611 - names are ours


@dataclass(frozen=True)
class Ground:
    """Where an action is carried: all rows, or those kept by areas, of organisations, or registered by the user."""

    everywhere: bool | Q = False
    areas: Collection[int] | RawSQL = ()
    organisations: Collection[int] | RawSQL = ()
    users: Collection[int] | RawSQL = ()

    def q(self, prefix: str = "") -> Q:
        """The condition on rows that carry keeper, organisation and registered_by."""
        if self.everywhere is True:
            return ~Q(pk__in=[])  # not the empty Q, which vanishes from an OR
        found = self.everywhere if isinstance(self.everywhere, Q) else Q(pk__in=[])
        for column, values in (
            ("keeper_id", self.areas),
            ("organisation_id", self.organisations),
            ("registered_by_id", self.users),
        ):
            if isinstance(values, RawSQL) or values:
                found |= Q(**{f"{prefix}{column}__in": values})
        return found

    def told(self, reach: Reach) -> dict[str, str]:
        """The settings that say the same."""
        told = {"everywhere": "on" if self.everywhere else ""}
        for kind, values in (("areas", self.areas), ("organisations", self.organisations), ("user", self.users)):
            told[kind] = as_array(values) if not isinstance(values, RawSQL) else ""
        return {f"{reach}_{kind}": value for kind, value in told.items()}


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
class Wall:
    """How the rows of a table are held: as the rows they hang on, or by a condition of their own."""

    through: tuple[str, ...] = ()
    rule: Callable[[], Q] | None = None
    led_by: str = ""
    """A key to the same table: a row that has it is seen with the row it points to, and by that alone."""
    shown_by: Callable[[], list[QuerySet[Any]]] | None = None
    """Rows that show an outer one, ``OuterRef("pk")``, opened by break-glass: looked up beyond the wall."""
    hidden_by: Callable[[], list[QuerySet[Any]]] | None = None
    """Rows that hide an outer one whatever else shows it: looked up beyond the wall, for they are hidden themselves."""


def through(*keys: str) -> Wall:
    """A row is seen by whoever sees every row that these keys point to. The one line that puts a table behind the wall:
    ``WALL = wall.through("person")``.
    """
    return Wall(through=keys)


def rule(
    seen: Callable[[], Q],
    *,
    led_by: str = "",
    shown_by: Callable[[], list[QuerySet[Any]]] | None = None,
    hidden_by: Callable[[], list[QuerySet[Any]]] | None = None,
) -> Wall:
    """A row is seen if it meets the condition, unless it is led by another row, or hidden."""
    return Wall(rule=seen, led_by=led_by, shown_by=shown_by, hidden_by=hidden_by)
