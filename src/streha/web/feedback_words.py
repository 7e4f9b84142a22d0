"""Words for the codes of feedback, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WORDS: dict[str, dict[str, str | Promise]] = {
    "channel": {
        "phone": _("by phone"),
        "in_person": _("in person"),
        "letter": _("by letter"),
        "email": _("by e-mail"),
        "message": _("by message"),
        "box": _("in the complaints box"),
        "meeting": _("at a meeting"),
        "other": pgettext_lazy("channel", "in another way"),
    },
    "feedback_state": {
        "received": _("received"),
        "acknowledged": _("acknowledged"),
        "answered": _("answered"),
        "closed": _("closed"),
    },
    "standing": {
        "on_track": _("on track"),
        "at_risk": pgettext_lazy("clock", "at risk"),
        "breached": _("breached"),
        "stopped": pgettext_lazy("clock", "stopped"),
    },
    "feedback_outcome": {
        "upheld": _("right, and put right"),
        "partly": _("partly right"),
        "not_upheld": _("not right"),
        "informed": _("information given"),
        "passed_on": _("passed on"),
        "withdrawn": _("withdrawn"),
    },
    "not_told": {
        "anonymous": _("anonymous"),
        "unreachable": _("could not be reached"),
        "unsafe": _("it would not be safe"),
    },
    "age_group": {
        "0-17": _("under 18"),
        "18-59": _("18 to 59"),
        "60+": _("60 and older"),
        "u": pgettext_lazy("age", "unknown"),
    },
    "feedback_disability": {"yes": _("yes"), "no": _("no"), "u": pgettext_lazy("disability", "unknown")},
    "feedback_step": {
        "received": pgettext_lazy("feedback", "Received"),
        "acknowledged": pgettext_lazy("feedback", "Acknowledged"),
        "assigned": _("Given to an owner"),
        "note": _("Note"),
        "answered": pgettext_lazy("feedback", "Answered"),
        "closed": pgettext_lazy("feedback", "Closed"),
        "reopened": pgettext_lazy("feedback", "Opened again"),
    },
    "counting": {"working": _("working days"), "calendar": _("calendar days")},
}
VERBS: dict[str, str | Promise] = {
    "clock changed": _("Days of a category changed"),
    "closed day noted": _("Closed day noted"),
    "feedback entered": _("Feedback taken in"),
    "feedback acknowledged": _("Feedback acknowledged"),
    "feedback answered": _("Feedback answered"),
    "feedback closed": _("Feedback closed"),
    "feedback reopened": _("Feedback opened again"),
    "feedback noted": _("Note added to feedback"),
    "feedback assigned": _("Feedback given to an owner"),
    "feedback removed": _("Feedback removed"),
}
OBJECTS: dict[str, str | Promise] = {
    "feedback": pgettext_lazy("object", "feedback"),
    "report": _("sensitive report"),
    "clock": _("category of feedback"),
}
