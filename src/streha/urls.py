"""Where requests go: the HTML door at the root, the API door under ``api/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("streha.api.urls")),
    path("", include("streha.web.urls")),
]

handler400 = "streha.web.failures.bad_request"
handler403 = "streha.web.failures.forbidden"
handler404 = "streha.web.failures.not_found"
handler500 = "streha.web.failures.broken"
