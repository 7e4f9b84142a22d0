"""Every page and its name. A section adds its lines here; the view itself says whom it is open to."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from streha.web import about, entrance, language, places, today

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.page, name="today"),
    path("accounts/", include(entrance)),
    path("language/", language.choose, name="set_language"),
    path("about/", about.page, name="about"),
    path("places/", places.listing, name="places"),
    path("places/<int:area_id>/", places.page, name="place"),
    path("map/", places.map_page, name="map"),
    path("map/shapes.geojson", places.shapes, name="map_shapes"),
]
