"""Who calls, may they, and how a failure reads: tokens in, problem+json out.

A token is bound to a role and a scope of its user; every operation names the action it needs with ``auth=Token(…)``,
and a test goes through all of them by role. Nothing here writes or reads the register.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from streha.accounts import actions as accounts
from streha.accounts import queries
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.common import errors
from streha.people import bridge as people

PROBLEM = "application/problem+json"
RETRY_AFTER_S = "60"
AWAY = ("database_away", errors.DATABASE_AWAY)
logger = logging.getLogger("streha.api")
STATUS: dict[type[errors.StrehaError], int] = {
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.Gone: 410,
    errors.Conflict: 409,
    errors.BadInput: 422,
    errors.Unavailable: 503,
}


class Caller(HttpRequest):
    """A request with the rights of its token."""

    auth: Access


class Token(HttpBearer):
    """``Authorization: Bearer streha_…``, for one operation: it names the action that the operation needs."""

    def __init__(self, action: Action) -> None:
        super().__init__()
        self.action = action

    def authenticate(self, request: HttpRequest, token: str) -> Access | None:
        at = timezone.now()
        found = queries.access_by_token(token, at)
        if found is None:
            return None
        row, access = found
        accounts.token_used(row, at.date())
        access.require(self.action)
        if "%00" in request.META.get("QUERY_STRING", ""):  # PostgreSQL takes no text with NUL
            raise errors.BadInput(errors.NULL_SIGN, code="null_sign")
        wall.now_asks(people.viewer(access))  # until the request ends: ``web.door`` stands around every one
        return access


def problem(request: HttpRequest, *, status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """A failure after RFC 9457: status, stable code, one English sentence."""
    import json

    body = {"type": f"urn:streha:problem:{code}", "title": code, "status": status, "detail": detail, **more}
    body["instance"] = request.path
    return HttpResponse(json.dumps(body, ensure_ascii=False, default=str), status=status, content_type=PROBLEM)


def install(api: NinjaAPI) -> None:
    """Every failure of the API reads as a problem."""

    @api.exception_handler(errors.StrehaError)
    def on_streha(request: HttpRequest, error: errors.StrehaError) -> HttpResponse:
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
        return problem(request, status=status, code=error.code, detail=error.english())

    @api.exception_handler(ValidationError)
    def on_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
        told = [{"where": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors]
        return problem(request, status=422, code="validation", detail="Some values cannot be used.", errors=told)

    @api.exception_handler(AuthenticationError)
    def on_stranger(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        return problem(
            request, status=401, code="no_token", detail="Send a valid token: Authorization: Bearer streha_…"
        )

    @api.exception_handler(HttpError)
    def on_http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(request, status=error.status_code, code="http", detail=str(error))

    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    def on_outage(request: HttpRequest, error: DatabaseError | InterfaceError) -> HttpResponse:
        code, said = ("disk_full", errors.DISK_FULL) if errors.is_disk_full(error) else AWAY
        # The first line only: what follows may repeat the values of a row.
        logger.error("%s: %s", code, str(error).strip().partition("\n")[0])
        return _unavailable(request, code, said)

    @api.exception_handler(DatabaseError)
    def on_damage(request: HttpRequest, error: DatabaseError) -> HttpResponse:
        if type(error) is not DatabaseError or error.__cause__ is None:  # SQLite: not a database, malformed
            raise error
        return on_outage(request, error)

    @api.exception_handler(OSError)
    def on_full_disk(request: HttpRequest, error: OSError) -> HttpResponse:
        if not errors.is_disk_full(error):
            raise error
        logger.error("disk_full: %s", error.strerror)
        return _unavailable(request, "disk_full", errors.DISK_FULL)


def _unavailable(request: HttpRequest, code: str, detail: str) -> HttpResponse:
    response = problem(request, status=STATUS[errors.Unavailable], code=code, detail=detail)
    response["Retry-After"] = RETRY_AFTER_S
    return response
