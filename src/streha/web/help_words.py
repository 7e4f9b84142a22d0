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
}
SECTIONS: dict[str, str | Promise] = {"works": _("House works")}
COLUMNS: dict[str, str | Promise] = {
    "works": _("house works"),
    "inspection": _("inspection"),
    "defect": _("defect"),
    "handover": _("handover"),
    "percent": _("percent done"),
}
OBJECTS: dict[str, str | Promise] = {"works": _("house works"), "lot": pgettext_lazy("object", "lot")}
