"""The story of a project: planned, donors, milestones, payments, photos before and after, people served, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils.translation import gettext as _

from streha.assistance.projects import queries, rules
from streha.web import words
from streha.web.stories.lines import Line, Step, Story, day, name_of, steps, told
from streha.web.templatetags.money import sum_of

GOING = frozenset({rules.State.PLANNED, rules.State.RUNNING})


def story(page: queries.ProjectPage, today: dt.date) -> Story:
    """What happened in the project, and what comes next."""
    return told([*_planned(page), *_milestones(page), *_paid(page), *_seen(page)], today)


def way(page: queries.ProjectPage) -> tuple[Step, ...]:
    """Planned, paid for, begun, half done, done; a project that was given up has no way."""
    project = page.project
    if project.state == rules.State.CANCELLED:
        return ()
    done = [step.done_on for step in page.milestones if step.done_on]
    ended = project.ended_on if project.state == rules.State.DONE else None
    begun = min([*done, project.starts_on]) if project.state != rules.State.PLANNED else None
    return steps(
        [
            (_("Planned"), day(project.registered_at)),
            (_("Begun"), begun),
            (_("First payment"), min((cost.on for cost in page.costs), default=None)),
            (_("Milestones done"), max(done) if page.milestones and not page.open_steps else None),
            (_("Finished"), ended),
        ]
    )


def _planned(page: queries.ProjectPage) -> Iterator[Line]:
    project = page.project
    yield Line(day(project.registered_at), _("Project planned"), who=name_of(project.registered_by))
    yield Line(project.starts_on, _("Planned to begin") if project.state == rules.State.PLANNED else _("Begun"))
    if project.ended_on:
        yield Line(project.ended_on, words.word("project_ended", project.state))
    elif project.state in GOING:
        yield Line(project.ends_on, _("Planned to end"), is_open=True)


def _milestones(page: queries.ProjectPage) -> Iterator[Line]:
    for step in page.milestones:
        if step.done_on:
            yield Line(step.done_on, _("Milestone done"), step.title)
        elif page.project.state in GOING:
            yield Line(step.due_on, _("Milestone"), step.title, is_open=True)


def _paid(page: queries.ProjectPage) -> Iterator[Line]:
    for cost in page.costs:
        amount = sum_of(cost.amount, page.project.currency)
        yield Line(cost.on, _("Paid"), amount, detail=cost.reference, who=name_of(cost.noted_by))


def _seen(page: queries.ProjectPage) -> Iterator[Line]:
    """Photos of one day and phase in one line; they are shown beside the story, before and after."""
    days = {(photo.taken_on or day(photo.noted_at), photo.phase) for photo in page.photos}
    for on, phase in sorted(days):
        yield Line(on, _("Photos"), words.word("photo_phase", phase))
