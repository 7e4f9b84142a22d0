"""The door every page goes through: who asks, may they, in which language, and what to say when it fails.

A view is a plain function marked with ``open_to``, ``signed_in`` or ``public``; ``AccessMiddleware`` is the one guard
that reads the mark, and a view without one stays shut. Sections live in their own modules beside this one.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, InterfaceError, OperationalError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from streha.accounts import actions, queries, rules
from streha.accounts.bridge import wall
from streha.accounts.models import User
from streha.common import errors, numbers
from streha.common.words import Several, Words
from streha.people import bridge as people
from streha.web import labels, rail

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed in"
API_PREFIX: Final = "/api/"  # the API door checks its own callers: tokens, not sessions
LANG_ATTRIBUTE: Final = {"sq": "sq", "sr": "sr-Cyrl", "sr-latn": "sr-Latn", "en": "en"}
CODES_IN_ERRORS: Final = {
    "action": "action",
    "role": "role",
    "new": "role",
    "held": "role",
    "state": "job_state",
    "works_stage": "works_stage",
    "works_before": "works_stage",
}
STATUS: Final[dict[type[errors.StrehaError], int]] = {
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.Gone: 410,
    errors.Conflict: 409,
    errors.BadInput: 422,
    errors.Unavailable: 503,
}

METHOD_NOT_ALLOWED: Final = 405
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ACTED: Final = "streha_acted"  # a cookie: another word after each thing the viewer does
FORM_ONLY: Final = errors.message("This address only takes what a form sends. Go back to the page and use its button.")

RETRY_AFTER_S: Final = 60
logger = logging.getLogger("streha.door")

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Request(HttpRequest):
    """What a view receives: a request that carries the rights of whoever asks."""

    access: rules.Access
    htmx: Any


def version(request: HttpRequest, current: int) -> int:
    """The version of a record on which a form was filled; the current one on a form that is only opened.

    What is no number is no version that ever was, so that the write is refused as one of somebody slower.
    """
    told = request.POST.get("version", "")
    return (numbers.whole(told) or 0) if told else current


def now() -> dt.datetime:
    """The moment of this request; doors ask here, and nothing below a door asks at all."""
    return timezone.now()


# --- marks


def open_to(*actions: rules.Action) -> Callable[[View], View]:
    """Mark a view as open to whoever may do one of the actions."""
    if not actions:
        raise ValueError("open_to needs an action; use signed_in or public")

    def mark(view: View) -> View:
        view.requires = actions  # type: ignore[attr-defined]
        return view

    return mark


def signed_in(view: View) -> View:
    """Mark a view as open to everybody who is logged in, whatever their role."""
    view.requires = SIGNED_IN  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Mark a view as open to strangers."""
    view.requires = PUBLIC  # type: ignore[attr-defined]
    return view


def requirement(view: Callable[..., Any]) -> tuple[rules.Action, ...] | str | None:
    """What a view asks of its caller: actions, SIGNED_IN, PUBLIC, or None when nobody marked it."""
    found: tuple[rules.Action, ...] | str | None = getattr(view, "requires", None)
    return found


# --- the guard


class AccessMiddleware:
    """Gives every request its ``access`` and its language, lets nobody past an unmarked door, translates errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        with wall.asking(wall.NOBODY):
            return self._answer(request)

    def _answer(self, request: Request) -> HttpResponseBase:
        if request.path.startswith(API_PREFIX):
            request.access = rules.NOBODY
            return self.get_response(request)
        user = request.user
        try:
            request.access = queries.access(user, now()) if user.is_authenticated else rules.NOBODY
            wall.now_asks(people.viewer(request.access))
        except Exception as error:
            if (found := outage(error)) is None:
                raise
            return unavailable(request, found)
        language = getattr(user, "language", "")
        if language and language in LANG_ATTRIBUTE:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        response = self.get_response(request)
        if request.method not in SAFE_METHODS and user.is_authenticated:
            _note_act(response)
        if isinstance(response, StreamingHttpResponse):  # it is written after this guard has gone home
            response.streaming_content = _asked_by(wall.viewer(), response.streaming_content)
        if response.status_code == METHOD_NOT_ALLOWED:
            return failure(request, errors.BadInput(FORM_ONLY, code="form_only"), status=METHOD_NOT_ALLOWED)
        return response

    def process_view(
        self, request: Request, view: Callable[..., Any], _args: tuple[Any, ...], _kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.path.startswith(API_PREFIX):
            return None
        if "%00" in request.META.get(
            "QUERY_STRING", ""
        ):  # PostgreSQL takes no text with NUL; forms refuse it themselves
            return failure(request, errors.BadInput(errors.NULL_SIGN, code="null_sign"))
        asks = requirement(view)
        if asks == PUBLIC:
            return None
        if not request.user.is_authenticated:
            return to_login(request)
        if asks == SIGNED_IN:
            return None
        if asks is None:
            return failure(request, errors.Refused(errors.message("This page has no rule that opens it.")))
        if any(request.access.allows(rules.Action(action)) for action in asks):
            return None
        return failure(request, errors.Refused(errors.message("Your role does not open this page.")))

    def process_exception(self, request: Request, exception: Exception) -> HttpResponseBase | None:
        if request.path.startswith(API_PREFIX):
            return None
        if isinstance(exception, errors.StrehaError):
            return failure(request, exception)
        found = outage(exception)
        return None if found is None else unavailable(request, found)


def _note_act(response: HttpResponseBase) -> None:
    """The viewer did something: what waits for them is counted anew."""
    word = secrets.token_hex(6)
    response.set_cookie(ACTED, word, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def _asked_by(who: wall.Viewer, pieces: Any) -> Iterator[bytes]:
    """The pieces of a streamed answer, each made with the rights of whoever asked for it."""
    rest = iter(pieces)
    while True:
        with wall.asking(who):
            piece = next(rest, None)
        if piece is None:
            return
        yield piece


def to_login(request: HttpRequest) -> HttpResponseBase:
    """Send a stranger to log in, and back here afterwards."""
    if is_fragment(request):
        back = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        return HttpResponseClientRedirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': back})}")
    back = request.get_full_path() if request.method == "GET" else "/"
    query = "" if back == "/" else f"?{urlencode({'next': back})}"
    return HttpResponseRedirect(reverse(settings.LOGIN_URL) + query)


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked, so that a part of a page is enough."""
    htmx: Any = getattr(request, "htmx", False)
    return bool(htmx) and not htmx.boosted


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """How allauth behaves here: nobody signs up, no mail goes out, no demo user enters a real office."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Real data refuses the logins of the demo, by whatever way they come."""
        if not queries.may_enter(user):
            refused: HttpResponse = self.respond_user_inactive(request, user)
            return refused
        passed: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return passed

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Coming in stands in the log, once the second factor has been given too."""
        super().login(request, user)
        if isinstance(user, User):
            actions.note_login(user, "logged in", at=now())

    def logout(self, request: HttpRequest) -> None:
        """Going out stands in the log."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            actions.note_login(user, "logged out", at=now())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Streha sends no mail."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Streha sends no mail."""


# --- errors


def say(error: errors.StrehaError) -> str:
    """The error in the reader's language, codes by their labels; values that a job withheld leave the bare sentence."""
    sentence = gettext(error.template)
    words = {name: _worded(name, value) for name, value in error.details.items()}
    try:
        return sentence.format(**words)
    except (KeyError, IndexError, ValueError):
        return sentence


def _worded(name: str, value: Any) -> Any:
    if isinstance(value, Words | Several):
        return value.said_in(translation.get_language() or settings.LANGUAGE_CODE)
    if name in CODES_IN_ERRORS and isinstance(value, str):
        return labels.of(CODES_IN_ERRORS[name], value)
    return value


def status_of(error: errors.StrehaError) -> int:
    """The HTTP status of an error: that of its nearest kind."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def failure(request: HttpRequest, error: errors.StrehaError, *, status: int | None = None) -> HttpResponse:
    """The calm page, or fragment, that says what is wrong and what to do; its status is that of the error."""
    template = "door/failure_fragment.html" if is_fragment(request) else "door/failure.html"
    status = status or status_of(error)
    # What waits is not counted for a page that only says no.
    uncounted = SimpleLazyObject(lambda: rail.groups(access_of(request), request.path, now(), counted=False))
    told = {"said": say(error), "code": error.code, "status": status, "rail": uncounted}
    return render(request, template, told, status=status)


def access_of(request: HttpRequest) -> rules.Access:
    """Who asks; nobody where the request did not come as far as finding out."""
    return getattr(request, "access", rules.NOBODY)


def outage(error: BaseException | None) -> errors.Unavailable | None:
    """What to say when the database is away, full or damaged, or the disk is full; None for any other fault."""
    if error is None:
        return None
    is_damaged = type(error) is DatabaseError and error.__cause__ is not None  # SQLite: not a database, malformed
    if errors.is_disk_full(error):
        found = errors.Unavailable(errors.DISK_FULL, code="disk_full")
    elif is_damaged or isinstance(error, OperationalError | InterfaceError):
        found = errors.Unavailable(errors.DATABASE_AWAY, code="database_away")
    else:
        return None
    # The first line only: what follows may repeat the values of a row.
    logger.error("%s: %s", found.code, str(error).strip().partition("\n")[0])
    return found


def unavailable(request: HttpRequest, error: errors.Unavailable) -> HttpResponse:
    """The calm page of an outage. It asks no database: no rail, no name, no messages."""
    template = "door/unavailable_fragment.html" if is_fragment(request) else "door/unavailable.html"
    language = translation.get_language() or settings.LANGUAGE_CODE
    told = {"said": say(error), "code": error.code, "lang_attribute": LANG_ATTRIBUTE.get(language, "en")}
    body = loader.render_to_string(template, told)
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    return HttpResponse(body, status=STATUS[errors.Unavailable], headers=headers)


@contextmanager
def errors_into(form: BaseForm) -> Iterator[None]:
    """Turn what an action refuses about a value into an error of the form; refusals of rights pass through.

    ``details["field"]`` names the form's field, when there is one. Ask ``form.is_valid()`` again afterwards.
    """
    try:
        yield
    except (errors.Refused, errors.NotFound, errors.Gone):
        raise
    except errors.StrehaError as error:
        field = error.details.get("field")
        form.add_error(field if field in form.fields else None, say(error))


# --- what every page shows


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """A file to be saved, kept by nobody on the way."""
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Rail, languages, office and footnote for the base template; counted only when a page shows them."""
    access = access_of(request)
    acted = request.COOKIES.get(ACTED, "")[:16]
    current = translation.get_language() or settings.LANGUAGE_CODE
    return {
        "access": access,
        "rail": SimpleLazyObject(lambda: rail.groups(access, request.path, now(), acted=acted)),
        "page_language": current,
        "lang_attribute": LANG_ATTRIBUTE.get(current, "en"),
        "languages": [(code, name, LANG_ATTRIBUTE[code]) for code, name in settings.LANGUAGES],
        "office_name": settings.OFFICE_NAME,
        "footnote_1244": settings.FOOTNOTE_1244,
        "demo": settings.DEMO,
        "find_url": reverse("search") if access.allows(rules.Action.PERSON_VIEW) else "",
        "base_template": "fragment.html" if is_fragment(request) else "page.html",
    }
