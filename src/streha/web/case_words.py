"""The words for codes of cases: goals, visits, referrals, work."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WORDS: dict[str, dict[str, str | Promise]] = {
    "goal_kind": {
        "house": _("house: build, repair, material"),
        "furniture": _("furniture"),
        "food": _("food"),
        "items": _("household items"),
        "income": _("income"),
        "community": _("project for the community"),
        "documents": _("documents"),
        "health": _("health"),
        "school": _("school"),
        "work": pgettext_lazy("goal", "work"),
        "safety": _("safety"),
        "other": _("other"),
    },
    "goal_state": {
        "open": pgettext_lazy("goal", "open"),
        "reached": pgettext_lazy("goal", "reached"),
        "dropped": pgettext_lazy("goal", "dropped"),
    },
    "visit_kind": {
        "giv": _("go-and-inform visit (GIV)"),
        "gsv": _("go-and-see visit (GSV)"),
        "home": _("visit at home"),
        "office": _("talk in the office"),
        "works": _("visit to the works"),
        "presence": _("check of presence"),
    },
    "visit_state": {
        "planned": pgettext_lazy("visit", "planned"),
        "done": pgettext_lazy("visit", "made"),
        "cancelled": pgettext_lazy("visit", "not made"),
    },
    "presence": {
        "present": _("they live there"),
        "absent": _("away for a time"),
        "left": _("have left"),
        "not_traced": _("not traced"),
    },
    "referral_kind": {"referral": _("referral"), "transfer": _("transfer of the case")},
    "referral_state": {
        "in_progress": pgettext_lazy("referral", "waits for an answer"),
        "accepted": pgettext_lazy("referral", "accepted"),
        "rejected": pgettext_lazy("referral", "rejected"),
        "done": pgettext_lazy("referral", "done"),
        "revoked": pgettext_lazy("referral", "revoked"),
    },
    "skill_level": {
        "1": pgettext_lazy("skill", "has helped with it"),
        "2": pgettext_lazy("skill", "does it alone"),
        "3": pgettext_lazy("skill", "has a certificate"),
    },
    "tongue": {
        "sq": _("Albanian"),
        "sr": pgettext_lazy("language", "Serbian"),
        "en": _("English"),
        "de": _("German"),
        "it": _("Italian"),
        "fr": _("French"),
        "hr": _("Croatian"),
        "sl": _("Slovene"),
        "tr": _("Turkish"),
        "rom": _("Romani"),
    },
    "speaks": {"1": "A1", "2": "A2", "3": "B1", "4": "B2", "5": "C1", "6": "C2"},
    "vacancy_state": {
        "open": pgettext_lazy("vacancy", "open"),
        "filled": pgettext_lazy("vacancy", "filled"),
        "withdrawn": pgettext_lazy("vacancy", "withdrawn"),
    },
    "work_place": {
        "near": _("near their home"),
        "far": _("away from their home"),
        "abroad": pgettext_lazy("work", "abroad"),
    },
    "paper_of": {"case": _("of the case"), "adult": _("of every adult"), "minor": _("of every minor")},
    "case_event": {
        "goal planned": _("Goal planned"),
        "goal reached": _("Goal reached"),
        "goal dropped": _("Goal dropped"),
        "visit planned": _("Visit planned"),
        "visit made": _("Visit made"),
        "visit cancelled": _("Visit not made"),
        "referral sent": _("Referred"),
        "referral accepted": _("Referral accepted"),
        "referral rejected": _("Referral rejected"),
        "referral done": _("Referral done"),
        "referral revoked": _("Referral revoked"),
    },
}

VERBS: dict[str, str | Promise] = {
    **WORDS["case_event"],
    "case handed over": _("Case handed to another team"),
    "profile told": _("Skills told"),
    "vacancy registered": _("Vacancy registered"),
    "vacancy changed": _("Vacancy changed"),
    "vacancy open": _("Vacancy open again"),
    "vacancy filled": _("Vacancy filled"),
    "vacancy withdrawn": _("Vacancy withdrawn"),
    "letter signed": _("Words of a letter signed"),
    "home named": _("Home of the case named"),
    "plan brought": _("Earlier plan taken over"),
    "plan agreed": _("Plan agreed on with the person"),
}
