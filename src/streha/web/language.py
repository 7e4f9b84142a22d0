"""Choosing the language of the pages; it works for strangers too, so that they can read the login page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from streha.accounts import actions
from streha.web import door


@door.public
@require_POST
def choose(request: door.Request) -> HttpResponse:
    """Keep the chosen language, with the user or in a cookie, and go back to the page one came from."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    language = request.POST.get("language", "")
    if language in door.LANG_ATTRIBUTE:
        if request.user.is_authenticated:
            actions.choose_language(request.user.pk, language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 3600,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response
