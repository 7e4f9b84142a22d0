"""What Django itself refuses, said on our own calm pages."""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader

from streha.common import errors
from streha.web import door

logger = logging.getLogger("streha.door")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django names it
    return door.failure(request, errors.BadInput(errors.message("The browser sent something that cannot be read.")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django names it
    return door.failure(request, errors.Refused())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django names it
    return door.failure(request, errors.NotFound(errors.message("There is no page at this address.")))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or did not come from one of our pages."""
    logger.info("form refused: %s", reason)
    said = errors.message("This form was open too long. Go back, reload the page and send it again.")
    return door.failure(request, errors.Refused(said, code="form_expired"))


def broken(request: HttpRequest) -> HttpResponse:
    """Our own fault, or an outage that showed outside a view. It needs no database, so it stands without one."""
    found = door.outage(sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1])
    if found is not None:
        return door.unavailable(request, found)
    return HttpResponse(loader.render_to_string("door/server_error.html"), status=500)
