"""Distributions without a database: states, who may collect, and what becomes of a line brought from paper."""

from __future__ import annotations

from enum import StrEnum

TITLE_LENGTH = 120
NOTE_LENGTH = 300
PIECE = 500
AT_ONCE = 100
"""So many lines of paper are worked in at once; more are work for a job."""
MOST_LINES = 20_000


class State(StrEnum):
    """How far a distribution has come."""

    LISTING = "listing"  # the list is being made
    OPEN = "open"
    CLOSED = "closed"


class Audience(StrEnum):
    """Whom a list is for."""

    AREA = "area"  # households that live in an area
    SITE = "site"  # households that stay at a site
    CYCLE = "cycle"  # households entitled in a cycle


class Collects(StrEnum):
    """By what right somebody collects."""

    HEAD = "head"
    COLLECTOR = "collector"
    ALTERNATE = "alternate"
    OTHER = "other"  # somebody else, with the reason and on whose behalf


class Way(StrEnum):
    """How a hand-out came into the register."""

    COUNTER = "counter"
    PAPER = "paper"


class Verdict(StrEnum):
    """What became of a line brought from paper."""

    WAITING = "waiting"
    HANDED_OUT = "handed_out"
    ALREADY = "already"  # this slip was handed out before: at the counter, or from another sheet
    TWICE = "twice"  # the same slip stands twice in this sheet
    OTHER_LIST = "other_list"  # of another distribution of the same cycle
    OTHER_CYCLE = "other_cycle"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    WRONG_CHECK = "wrong_check"
    UNREADABLE = "unreadable"
    SHORT = "short"  # not enough stock


def collecting_as(*, is_head: bool, is_collector: bool, is_alternate: bool) -> Collects | None:
    """By what right a member of the household collects, if any: a named collector before the head."""
    if is_collector:
        return Collects.COLLECTOR
    if is_head:
        return Collects.HEAD
    return Collects.ALTERNATE if is_alternate else None
