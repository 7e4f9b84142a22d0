"""Words for the codes of house works, grants, courses and community projects, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STAGES: dict[str, str | Promise] = {
    "survey": pgettext_lazy("stage", "survey"),
    "design": pgettext_lazy("stage", "design"),
    "tender": pgettext_lazy("stage", "tender"),
    "foundation": pgettext_lazy("stage", "foundation"),
    "walls": pgettext_lazy("stage", "walls"),
    "roof": pgettext_lazy("stage", "roof"),
    "installations": pgettext_lazy("stage", "installations"),
    "finishing": pgettext_lazy("stage", "finishing"),
    "handover": pgettext_lazy("stage", "handover"),
    "defects": pgettext_lazy("stage", "mending of defects"),
}
WORDS: dict[str, dict[str, str | Promise]] = {
    "works_stage": STAGES,
    "works_kind": {"new": pgettext_lazy("works", "new house"), "repair": pgettext_lazy("works", "repair")},
    "works_state": {
        "planned": pgettext_lazy("works", "planned"),
        "running": pgettext_lazy("works", "being built"),
        "stopped": pgettext_lazy("works", "stopped"),
        "handed_over": pgettext_lazy("works", "handed over"),
        "closed": pgettext_lazy("works", "closed"),
    },
    "works_standing": {
        "planned": pgettext_lazy("works", "planned"),
        "on_time": pgettext_lazy("works", "on time"),
        "late": pgettext_lazy("works", "late"),
        "very_late": pgettext_lazy("works", "late by more than a month"),
        "stopped": pgettext_lazy("works", "stopped"),
        "done": pgettext_lazy("works", "with the household"),
    },
    "works_alert": {
        "very_late": pgettext_lazy("works", "late by more than a month"),
        "late": pgettext_lazy("works", "late"),
        "not_inspected": pgettext_lazy("works", "inspection due"),
        "defects_open": pgettext_lazy("works", "a defect is open for more than a month"),
        "no_contractor": pgettext_lazy("works", "built without a contract"),
        "cost_near_limit": pgettext_lazy("works", "nearly all money is spent"),
    },
}
SECTORS: dict[str, str | Promise] = {
    "agriculture": pgettext_lazy("business", "agriculture"),
    "food": pgettext_lazy("business", "food"),
    "crafts": pgettext_lazy("business", "crafts"),
    "construction": pgettext_lazy("business", "construction"),
    "trade": pgettext_lazy("business", "trade"),
    "transport": pgettext_lazy("business", "transport"),
    "hospitality": pgettext_lazy("business", "hospitality"),
    "services": pgettext_lazy("business", "services"),
    "other": pgettext_lazy("business", "other"),
}
WORDS |= {
    "business_sector": SECTORS,
    "grant_state": {
        "running": pgettext_lazy("grant", "running"),
        "ended": pgettext_lazy("grant", "ended"),
        "cancelled": pgettext_lazy("grant", "cancelled"),
    },
    "alive": {
        "alive": pgettext_lazy("business", "alive"),
        "closed": pgettext_lazy("business", "closed"),
        "not_traced": pgettext_lazy("business", "not traced"),
    },
    "took": {
        "enrolled": pgettext_lazy("course", "takes part"),
        "certified": pgettext_lazy("course", "has the certificate"),
        "dropped": pgettext_lazy("course", "dropped out"),
    },
    "came_of": {
        "job": pgettext_lazy("course", "a job"),
        "business": pgettext_lazy("course", "a business"),
        "studies": pgettext_lazy("course", "further studies"),
        "none": pgettext_lazy("course", "nothing yet"),
        "not_traced": pgettext_lazy("course", "not traced"),
    },
    "project_kind": {
        "school": _("school"),
        "health_centre": _("health centre"),
        "road": pgettext_lazy("project", "road"),
        "park": pgettext_lazy("project", "park"),
        "water": pgettext_lazy("project", "water"),
        "other": pgettext_lazy("project", "other"),
    },
    "project_sector": {
        "education": pgettext_lazy("project", "education"),
        "health": pgettext_lazy("project", "health"),
        "transport": pgettext_lazy("project", "transport"),
        "recreation": pgettext_lazy("project", "recreation"),
        "water": pgettext_lazy("project", "water"),
        "energy": pgettext_lazy("project", "energy"),
        "culture": pgettext_lazy("project", "culture"),
        "livelihoods": pgettext_lazy("project", "livelihoods"),
        "shelter": pgettext_lazy("project", "shelter"),
        "other": pgettext_lazy("project", "other"),
    },
    "project_state": {
        "planned": pgettext_lazy("project", "planned"),
        "running": pgettext_lazy("project", "running"),
        "done": pgettext_lazy("project", "done"),
        "cancelled": pgettext_lazy("project", "cancelled"),
    },
    "project_ended": {"done": pgettext_lazy("project", "Finished"), "cancelled": pgettext_lazy("project", "Given up")},
    "photo_phase": {
        "before": pgettext_lazy("photo", "before"),
        "during": pgettext_lazy("photo", "during the works"),
        "after": pgettext_lazy("photo", "after"),
    },
    "served_count": {
        "target": pgettext_lazy("people", "meant to be reached"),
        "reached": pgettext_lazy("people", "reached"),
    },
    "served_age": {"0_17": "0–17", "18_59": "18–59", "60": "60+"},
}
TONES = {
    "planned": "quiet",
    "on_time": "ok",
    "late": "warn",
    "very_late": "bad",
    "stopped": "bad",
    "done": "ok",
    "not_inspected": "warn",
    "defects_open": "warn",
    "no_contractor": "warn",
    "cost_near_limit": "warn",
}
VERBS: dict[str, str | Promise] = {
    "lot made": _("Lot made"),
    "lot changed": _("Lot changed"),
    "works planned": _("House works planned"),
    "works contracted": _("House works contracted"),
    "works inspected": _("House works inspected"),
    "works paid": _("House works paid"),
    "works stopped": _("House works stopped"),
    "works resumed": _("House works resumed"),
    "works handed over": _("House handed over"),
    "defect noted": _("Defect noted"),
    "defect mended": _("Defect mended"),
    "grant awarded": _("Grant awarded"),
    "condition met": _("Condition of a tranche met"),
    "tranche paid": _("Tranche paid"),
    "business visited": _("Business visited"),
    "business checked": _("Business checked"),
    "grant cancelled": _("Grant cancelled"),
    "course opened": _("Course opened"),
    "sessions added": _("Days of a course added"),
    "enrolled": _("Enrolled in a course"),
    "attendance noted": _("Attendance noted"),
    "certified": _("Certificate given"),
    "dropped out": _("Dropped out of a course"),
    "outcome noted": _("Outcome of a course noted"),
    "project planned": _("Project planned"),
    "project moved": _("State of a project changed"),
    "project paid": _("Project paid"),
    "milestone added": _("Milestone added"),
    "milestone reached": _("Milestone done"),
    "people served noted": _("People served noted"),
    "figure noted": _("Figure noted"),
}
SECTIONS: dict[str, str | Promise] = {
    "works": _("House works"),
    "grants": _("Grants"),
    "courses": _("Courses"),
}
COLUMNS: dict[str, str | Promise] = {
    "works": _("house works"),
    "inspection": _("inspection"),
    "defect": _("defect"),
    "handover": _("handover"),
    "percent": _("percent done"),
    "grant": _("grant"),
    "sector": _("sector"),
    "plan": _("business plan"),
    "tranche": _("tranche"),
    "course": _("course"),
    "certificate": _("certificate"),
}
OBJECTS: dict[str, str | Promise] = {
    "works": _("house works"),
    "lot": pgettext_lazy("object", "lot"),
    "business_grant": _("grant"),
    "course": _("course"),
    "project": _("project"),
}
