"""The page of one form, as most writes have it: what it is for, its fields, one button, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from streha.web import door


def form_page(  # noqa: PLR0917 - one line a call
    request: door.Request, form: Any, title: object, button: object, back: str, sub: str = "", note: str = ""
) -> HttpResponse:
    """The page; 422 where what was sent does not do."""
    context = {"form": form, "title": title, "button": button, "back": back, "sub": sub, "note": note}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "parts/one_form.html", context, status=status)


def acting_page(  # noqa: PLR0917 - one line a call
    request: door.Request, form: Any, title: object, button: object, back: str, act: Callable[[], Any]
) -> HttpResponse:
    """A page with one form: it does what it says and goes back, or says what stands in the way."""
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            act()
            messages.success(request, _("Done."))
            return redirect(back)
    return form_page(request, form, title, button, back)
