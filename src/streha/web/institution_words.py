"""Words for the codes of institutions, meetings and tasks, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WORDS: dict[str, dict[str, str | Promise]] = {
    "institution_kind": {
        "ministry": _("ministry"),
        "municipality": _("municipality"),
        "agency": _("agency"),
        "court": _("court"),
        "police": _("police"),
        "school": _("school"),
        "health": _("health institution"),
        "international": _("international organisation"),
        "ngo": _("non-governmental organisation"),
        "community": _("community association"),
        "media": _("media"),
        "other": pgettext_lazy("institution", "other"),
    },
    "body_kind": {
        "working_group": _("working group"),
        "task_force": _("task force"),
        "commission": _("commission"),
        "other": pgettext_lazy("body", "other"),
    },
    "meeting_state": {
        "planned": pgettext_lazy("meeting", "planned"),
        "held": pgettext_lazy("meeting", "held"),
        "cancelled": pgettext_lazy("meeting", "cancelled"),
    },
    "task_state": {
        "open": pgettext_lazy("task", "open"),
        "done": pgettext_lazy("task", "done"),
        "dropped": pgettext_lazy("task", "dropped"),
    },
}
VERBS: dict[str, str | Promise] = {
    "institution added": _("Institution added"),
    "institution changed": _("Institution changed"),
    "institution ended": _("Institution no longer worked with"),
    "contact added": _("Contact added"),
    "contact ended": _("Contact ended"),
    "contact forgotten": _("Contact forgotten"),
    "body formed": _("Working group formed"),
    "body changed": _("Working group changed"),
    "meeting called": _("Meeting called"),
    "meeting cancelled": _("Meeting cancelled"),
    "agenda changed": _("Agenda changed"),
    "participants noted": _("Noted who was there"),
    "minutes written": _("Minutes written"),
    "task given": _("Task given"),
    "task done": _("Task done"),
    "task dropped": _("Task dropped"),
    "training noted": _("Training noted"),
    "training changed": _("Training corrected"),
}
OBJECTS: dict[str, str | Promise] = {
    "institution": _("institution"),
    "contact": _("contact"),
    "body": _("working group"),
    "meeting": _("meeting"),
    "task": pgettext_lazy("object", "task"),
    "training": pgettext_lazy("object", "training"),
}
