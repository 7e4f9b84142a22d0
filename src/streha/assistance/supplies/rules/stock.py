"""Stock without a database: kinds of movement, what is picked first, what expires, what is below its line."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from streha.common import errors

CODE_LENGTH = 40
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,39}")
NAME_LENGTH = 120
NOTE_LENGTH = 300
MOST = 10_000_000
SOON = dt.timedelta(days=60)
"""What expires within these days is shown as soon to expire."""


class Unit(StrEnum):
    """In what an item is counted: always whole ones."""

    PIECE = "piece"
    PAIR = "pair"
    SET = "set"
    PACK = "pack"
    KG = "kg"
    G = "g"
    LITRE = "litre"
    ML = "ml"
    M2 = "m2"


class Kind(StrEnum):
    """Why stock moved."""

    RECEIVE = "receive"
    MOVE_OUT = "move_out"
    MOVE_IN = "move_in"
    HAND_OUT = "hand_out"
    RETURN = "return"
    LOSE = "lose"
    ADJUST = "adjust"


IN = frozenset({Kind.RECEIVE, Kind.MOVE_IN, Kind.RETURN})
OUT = frozenset({Kind.MOVE_OUT, Kind.HAND_OUT, Kind.LOSE})


class Loss(StrEnum):
    """Why something is gone."""

    EXPIRED = "expired"
    DAMAGED = "damaged"
    STOLEN = "stolen"
    RECALLED = "recalled"
    OTHER = "other"


@dataclass(frozen=True)
class Lot:
    """So much of a batch in a warehouse."""

    batch_id: int
    item_id: int
    quantity: int
    expires_on: dt.date | None = None


@dataclass(frozen=True)
class Pick:
    """So much of a batch."""

    batch_id: int
    quantity: int


def is_expired(expires_on: dt.date | None, today: dt.date) -> bool:
    """Whether a batch may not be handed out any more: it may on its last day."""
    return expires_on is not None and expires_on < today


def picked(lots: Iterable[Lot], item_id: int, quantity: int, today: dt.date) -> tuple[Pick, ...]:
    """From which batches so much of an item is taken: what expires first goes first, expired goes not at all.

    Raises Conflict, telling what is there, when there is not enough.
    """
    usable = [lot for lot in lots if lot.item_id == item_id and lot.quantity > 0]
    usable = [lot for lot in usable if not is_expired(lot.expires_on, today)]
    usable.sort(key=lambda lot: (lot.expires_on is None, lot.expires_on or today, lot.batch_id))
    found, missing = [], quantity
    for lot in usable:
        taken = min(lot.quantity, missing)
        if taken:
            found.append(Pick(lot.batch_id, taken))
            missing -= taken
    if missing:
        raise short(quantity, quantity - missing)
    return tuple(found)


def short(wanted: int, there: int, item: str = "") -> errors.Conflict:
    """There is not enough of something."""
    return errors.Conflict(
        errors.message(
            "{wanted} of {item} are wanted and {there} are there that may be given. Bring stock, or give less."
        ),
        code="stock_short",
        wanted=wanted,
        there=there,
        item=item,
    )


def check_code(text: str, field: str = "code") -> str:
    """A code in capitals. Raises BadInput for one that cannot be read out or printed."""
    tidy = "-".join(text.upper().split())
    if not CODE.fullmatch(tidy):
        raise errors.BadInput(
            errors.message("“{value}” cannot be a code. Use 2 to 40 letters without accents, digits and hyphens."),
            code="bad_code",
            field=field,
            value=text[:60],
        )
    return tidy


def check_quantity(quantity: int, field: str = "quantity") -> None:
    """Raise BadInput for a quantity that nobody can carry."""
    if not 0 < quantity <= MOST:
        raise errors.BadInput(
            errors.message("{value} cannot be a quantity here. Write a whole number from 1 to {most}."),
            code="quantity",
            field=field,
            value=quantity,
            most=MOST,
        )


@dataclass(frozen=True)
class Difference:
    """What was counted beside what the books say."""

    batch_id: int
    booked: int
    counted: int

    @property
    def by(self) -> int:
        """What has to be added to the books."""
        return self.counted - self.booked


def differences(booked: Sequence[Lot], counted: dict[int, int]) -> tuple[Difference, ...]:
    """Every batch that was counted, with what the books say of it; what was not counted is left alone."""
    there = {lot.batch_id: lot.quantity for lot in booked}
    return tuple(Difference(batch, there.get(batch, 0), number) for batch, number in sorted(counted.items()))
