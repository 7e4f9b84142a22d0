"""About: which version this is, what it is made of, and where its licences are."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

import streha
from streha.web import assets, door


@door.public
def page(request: door.Request) -> HttpResponse:
    """Version, licence, and the assets shipped with the pages."""
    made_of = sorted({(a["package"], a["version"], a["licence"]) for a in assets.manifest().values()})
    return render(request, "about/page.html", {"version": streha.__version__, "made_of": made_of})
