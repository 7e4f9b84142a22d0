"""The rail: which sections there are, to whom they are shown, and what waits in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from streha.accounts.rules import Access, Action
from streha.web import waiting

MANY = 50  # above this nobody needs the number


@dataclass(frozen=True)
class Section:
    """One line of the rail. Without ``actions`` it is shown to everybody who is logged in."""

    url_name: str
    label: str | Promise
    icon: str
    actions: tuple[Action, ...] = ()
    waits: tuple[Callable[[Access, dt.datetime], int], ...] = ()


@dataclass(frozen=True)
class Line:
    """A section as one viewer sees it now."""

    url: str
    label: str | Promise
    icon: str
    is_current: bool
    waits: str


SECTIONS: tuple[tuple[str | Promise, tuple[Section, ...]], ...] = (
    ("", (Section("today", _("Today"), "today", waits=waiting.PRESSING),)),
    (
        _("Register"),
        (
            Section("people", _("People"), "person", (Action.PERSON_VIEW,)),
            Section("households", _("Households"), "household", (Action.PERSON_VIEW,)),
            Section(
                "duplicates",
                _("Duplicates"),
                "duplicate",
                (Action.DUPLICATES_DECIDE, Action.CENTRAL_QUEUE),
                (waiting.duplicates,),
            ),
            Section("homes", _("Homes"), "home", (Action.PROPERTY_VIEW,)),
            Section("imports", _("Imports"), "import", (Action.IMPORT_BRING, Action.IMPORT_DECIDE), (waiting.imports,)),
        ),
    ),
    (
        _("Casework"),
        (
            Section("cases", _("Cases"), "file", (Action.CASE_VIEW,), (waiting.cases,)),
            Section("feedback", _("Feedback"), "phone", (Action.FEEDBACK_VIEW,), (waiting.feedback,)),
            Section("reports", _("Sensitive reports"), "shield", (Action.FEEDBACK_SENSITIVE,), (waiting.reports,)),
            Section("institutions", _("Institutions"), "users", (Action.INSTITUTION_VIEW,)),
            Section("meetings", _("Meetings"), "log", (Action.INSTITUTION_VIEW,), (waiting.tasks,)),
            Section("selections", _("Selections"), "check", (Action.SELECTION_VIEW,), (waiting.sheets,)),
        ),
    ),
    (
        pgettext_lazy("section", "Help"),
        (
            Section("programmes", _("Programmes"), "file", (Action.PROGRAMME_VIEW,)),
            Section("payments", _("Payments"), "log", (Action.PAYMENT_VIEW,), (waiting.payments,)),
            Section("works", _("House works"), "home", (Action.WORKS_VIEW,), (waiting.works,)),
            Section("sites", _("Sites"), "place", (Action.SITE_VIEW,), (waiting.nights,)),
            Section("supplies", _("Supplies"), "import", (Action.STOCK_VIEW,), (waiting.stock,)),
            Section("distributions", _("Distributions"), "users", (Action.DISTRIBUTION_VIEW,)),
            Section("grants", _("Grants"), "file", (Action.GRANT_VIEW,), (waiting.checks,)),
            Section("courses", _("Courses"), "users", (Action.COURSE_VIEW,)),
            Section("projects", _("Community projects"), "place", (Action.PROJECT_VIEW,)),
        ),
    ),
    (
        pgettext_lazy("section", "Places"),
        (
            Section("places", _("Municipalities"), "place", (Action.PLACE_VIEW,)),
            Section("map", _("Map"), "map", (Action.PLACE_VIEW,)),
        ),
    ),
    (
        _("Office"),
        (
            Section("users", _("Users"), "users", (Action.USER_VIEW, Action.USER_MANAGE), (waiting.resets,)),
            Section("jobs", _("Jobs"), "job", (Action.JOB_VIEW,), (waiting.jobs_open,)),
            Section(
                "breaks",
                _("Break-glass"),
                "glass",
                (Action.BREAK_GLASS, Action.BREAK_GLASS_REVIEW),
                (waiting.breaks,),
            ),
            Section(
                "protection",
                _("Data protection"),
                "shield",
                (Action.SUBJECT_FILE, Action.SUBJECT_ERASE, Action.PROTECTION_RULES),
            ),
            Section("log", _("Log"), "log", (Action.LOG_VIEW,)),
        ),
    ),
)


def shown(count: int) -> str:
    """A count of what waits: nothing, the number, or "50+"."""
    if not count:
        return ""
    return f"{MANY}+" if count > MANY else str(count)


def groups(
    access: Access, path: str, at: dt.datetime, *, counted: bool = True, acted: str = ""
) -> list[tuple[str | Promise, list[Line]]]:
    """The headings and lines that this viewer may use; a heading without lines is left out."""
    if access.user_id is None:
        return []
    counts = waiting.Counts(access, at, acted) if counted else None
    found = []
    for heading, sections in SECTIONS:
        lines = [line for section in sections if (line := _line(section, access, path, counts))]
        if lines:
            found.append((heading, lines))
    return found


def _line(section: Section, access: Access, path: str, counts: waiting.Counts | None) -> Line | None:
    if section.actions and not any(access.allows(action) for action in section.actions):
        return None
    try:
        url = reverse(section.url_name)
    except NoReverseMatch:  # the room is not built in this version
        return None
    is_current = path == url or (url != "/" and path.startswith(url))
    waits = shown(counts.of(*section.waits)) if counts else ""
    return Line(url, section.label, section.icon, is_current, waits)
