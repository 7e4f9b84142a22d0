"""Every page and its name. A section adds its lines here; the view itself says whom it is open to."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from streha.web import about, entrance, language, today

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.page, name="today"),
    path("accounts/", include(entrance)),
    path("language/", language.choose, name="set_language"),
    path("about/", about.page, name="about"),
]
