"""Today: what is due, late or waiting for the viewer; the page after logging in."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from streha.web import door, rail, waiting


@dataclass(frozen=True)
class Due:
    """One line of Today: how many of what wait, and where to go."""

    count: str
    words: str | Promise
    url: str
    tone: str


@door.signed_in
def page(request: door.Request) -> HttpResponse:
    """What waits for this viewer, most pressing first."""
    return render(request, "today/page.html", {"due": due(request), "has_role": bool(request.access.held)})


def due(request: door.Request) -> list[Due]:
    """The lines that are not empty."""
    access, at = request.access, door.now()
    lines = (
        (waiting.breaks(access, at), _("uses of break-glass to judge"), "breaks", "warn"),
        (waiting.imports(access, at), _("imports that wait for you"), "imports", "warn"),
        (waiting.resets(access, at), _("password resets to confirm"), "users", "warn"),
    )
    return [Due(rail.shown(count), words, reverse(name), tone) for count, words, name, tone in lines if count]
