"""Letters of decision made: one from the page of an application, or all of a decided list as a job.

That a letter was made is on record for its person, with the version of its words; that the person was looked at too.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence

from django.db import transaction

from streha.accounts.rules import Access, Action
from streha.assistance.letters import bridge, rules
from streha.assistance.selections import models, queries
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.common.codes import FieldClass
from streha.formats import letters
from streha.jobs import actions as jobs
from streha.people import models as people
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile

PIECE = 50
ABOUT = ("decision", "appeal")
DECIDED = (models.Selection.State.DECIDED, models.Selection.State.PUBLISHED)


def letter(
    application_id: int, *, about: str, language: str = "", otherwise: str, by: Access, at: dt.datetime
) -> tuple[str, bytes]:
    """Name and PDF of the letter on the decision in force, or on the appeal. Raises NotFound while there is none."""
    right = Action.SELECTION_ENTER if by.allows(Action.SELECTION_ENTER) else Action.SELECTION_CALL
    by.require(right)
    application = queries.visible_application(by, application_id, right)
    told, person = _told(application, about, language, otherwise)
    paper = letters.pdf(_composed(told, at))
    _note([(application, person, told)], by, at)
    return f"{application.call.number}-{application.number}-{told.language}.pdf", paper


def _told(
    application: models.Application, about: str, language: str, otherwise: str
) -> tuple[rules.Decision, people.Person]:
    if about == "appeal":
        held = (
            models.Appeal.objects.filter(row__application=application, state__in=list(rules.APPEAL))
            .select_related("row__selection__call", "row__application", "decided_by", "row__selection__decided_by")
            .order_by("-pk")
            .first()
        )
        if held is not None:
            person = queries.persons_of([application])[application.pk]
            return bridge.appeal(held, person, language=language, otherwise=otherwise), person
        raise _none_yet(application)
    row = (
        application.ranked.filter(selection__state__in=DECIDED)
        .select_related("application__applicant", "selection__call", "selection__grid", "selection__decided_by")
        .first()
    )
    found = bridge.decisions(row.selection, [row], language=language, otherwise=otherwise) if row else []
    if not found or found[0][2].verdict == "withdrawn":
        raise _none_yet(application)
    return found[0][2], found[0][1]


def _none_yet(application: models.Application) -> errors.NotFound:
    return errors.NotFound(
        errors.message("There is no decision to write about on application {number} yet."),
        code="nothing_decided",
        number=application.number,
    )


def _composed(told: rules.Decision, at: dt.datetime) -> letters.Letter:
    wording = bridge.wording(told.code, told.language)
    return rules.compose(told, wording, bridge.vocabulary(), queries.day_of(at))


def _note(
    made: Sequence[tuple[models.Application, people.Person, rules.Decision]], by: Access, at: dt.datetime
) -> None:
    """That letters were made, each under its applicant's key, and that their people were seen."""
    audit.looked(
        by=by.actor,
        at=at,
        verb="shown",
        subjects=[person.subject for _, person, _ in made],
        classes=[FieldClass.IDENTITY],
        where="letter",
    )
    entries = [
        audit_rules.Entry(
            "assistance",
            "letter made",
            "application",
            str(application.pk),
            application.applicant.subject,
            {"letter": told.code, "language": told.language},
        )
        for application, _person, told in made
    ]
    with transaction.atomic():
        audit.record_many(entries, by=by.actor, at=at)


# --- all letters of a list --------------------------------------------------------------------------------------------


def ask_letters(selection_id: int, *, otherwise: str, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The letters of a decided list will be made by a job, as one file."""
    selection = queries.visible_selection(by, selection_id, Action.SELECTION_EXPORT)
    if not selection.is_decided:
        raise errors.Conflict(
            errors.message("{selection} is not decided; letters are written about decisions."),
            code="not_decided",
            selection=str(selection),
        )
    query = f"{selection.pk}|{rules.language_of('', otherwise)}"
    return exports.ask_for("letters", query, job="letters.export", purpose=purpose, by=by, at=at)


def make_letters(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: a letter for everybody in the list whom the asker may see and who did not withdraw."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.SELECTION_EXPORT)
    selection_id, _, otherwise = export.query.partition("|")
    selection = queries.visible_selection(by, int(selection_id), Action.SELECTION_EXPORT)
    seen = models.Application.objects.visible_to(by, Action.SELECTION_EXPORT).filter(call=selection.call_id)
    rows = list(
        selection.rows.filter(application__in=seen.values("pk"))
        .exclude(verdict="withdrawn")
        .select_related("application__applicant")
        .order_by("number")
    )
    file, made = io.BytesIO(), 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as folder:
        for start in range(0, len(rows), PIECE):
            piece = bridge.decisions(selection, rows[start : start + PIECE], otherwise=otherwise)
            for row, _person, told in piece:
                folder.writestr(f"{row.number:05d}-{told.language}.pdf", letters.pdf(_composed(told, at)))
                made += 1
                progress(made, len(rows))
            _note([(row.application, person, told) for row, person, told in piece], by, at)
    return exports.keep_file(export, file.getvalue(), made, by=by, at=at)
