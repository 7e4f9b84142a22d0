"""A decided list carried into the cases of its households: a job, each case in a transaction of its own.

Help advances a case, never the reverse. A case that stands somewhere else by now is left where it is, and the reason is
kept beside it; running the job again, or two at once, moves nothing twice.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, transaction

from streha.accounts.rules import Access, Action
from streha.assistance.advances import queries
from streha.assistance.advances.models import Advance
from streha.assistance.letters import bridge as letters
from streha.assistance.letters import rules as letter_rules
from streha.assistance.selections import models, rules
from streha.assistance.selections import queries as selections
from streha.cases import actions as cases
from streha.cases import models as case_models
from streha.common import errors
from streha.jobs import actions as jobs

PIECE = 100


def carry(selection_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: every case that waited for this decision stands at it, due when the days to appeal have passed.

    Returns how many moved and how many could not.
    """
    by.require(Action.CASE_MOVE)
    selection = selections.visible_selection(by, selection_id, Action.SELECTION_DECIDE)
    moved = stayed = done = 0
    if not selection.is_decided:  # replaced after an appeal before the job came to it
        return {"moved": 0, "stayed": 0}
    rows = list(selection.rows.exclude(verdict=rules.Verdict.WITHDRAWN).order_by("place_in_list"))
    for start in range(0, len(rows), PIECE):
        piece = rows[start : start + PIECE]
        concerned = queries.cases_of(by, piece)
        for row in piece:
            for case in concerned.get(row.pk, ()):
                problem = _carry_one(selection, row, case, by, at)
                moved, stayed = moved + (problem == ""), stayed + bool(problem)
        done += len(piece)
        progress(done, len(rows))
    return {"moved": moved, "stayed": stayed}


def _carry_one(
    selection: models.Selection, row: models.Ranked, case: case_models.Case, by: Access, at: dt.datetime
) -> str | None:
    """The code of what stood in the way, empty when the case moved; None where it was carried before."""
    if Advance.objects.filter(row=row, case=case).exists():
        return None
    try:
        with transaction.atomic():
            kept = Advance.objects.create(row=row, case=case, at=at)
            decided = cases.decide_case(
                case.pk, reason=told(selection, row), due_on=_due(selection, row, at), by=by, at=at
            )
            Advance.objects.filter(pk=kept.pk).update(stage=decided.stage.code)
    except IntegrityError:  # another worker was faster
        return None
    except errors.StrehaError as error:
        Advance.objects.get_or_create(row=row, case=case, defaults={"problem": error.code[:40], "at": at})
        return error.code
    return ""


def told(selection: models.Selection, row: models.Ranked) -> str:
    """The reason that stands in the case: outcome, list, application, place and points, without names."""
    language = letter_rules.language_of(TAGS.get(settings.LANGUAGE_CODE, "en"), "en")
    outcome = letters.vocabulary().words[row.outcome].said_in(language)
    parts = [outcome, str(selection), row.application.code if row.application_id else ""]
    if row.position is not None:
        parts += [f"{row.position}.", letter_rules.points_text(row.halves, language)]
    return " · ".join(filter(None, parts))


TAGS = {"sq": "sq", "sr": "sr-Cyrl", "sr-latn": "sr-Latn", "en": "en"}


def _due(selection: models.Selection, row: models.Ranked, at: dt.datetime) -> dt.date | None:
    """Who was not selected may appeal until then, and nothing of theirs is closed before; None: the track's days."""
    if row.outcome == rules.Outcome.SELECTED:
        return None
    decided = selections.day_of(selection.decided_at or at)
    return decided + dt.timedelta(days=selection.call.appeal_days)
