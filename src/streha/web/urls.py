"""Every page and its name. A section adds its lines here; the view itself says whom it is open to."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from streha.web import (
    about,
    entrance,
    households,
    jobs,
    language,
    log,
    people,
    places,
    today,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.page, name="today"),
    path("accounts/", include(entrance)),
    path("language/", language.choose, name="set_language"),
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<int:job_id>/", jobs.one, name="job"),
    path("jobs/<int:job_id>/cancel/", jobs.cancel, name="job_cancel"),
    path("jobs/<int:job_id>/retry/", jobs.retry, name="job_retry"),
    path("log/", log.done, name="log"),
    path("log/looks/", log.looks, name="log_looks"),
    path("about/", about.page, name="about"),
    path("places/", places.listing, name="places"),
    path("places/<int:area_id>/", places.page, name="place"),
    path("map/", places.map_page, name="map"),
    path("map/shapes.geojson", places.shapes, name="map_shapes"),
    path("search/", people.search, name="search"),
    path("search/hints/", people.hints, name="search_hints"),
    path("people/", people.people, name="people"),
    path("people/register/", people.register, name="person_register"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/change/", people.change, name="person_change"),
    path("people/<int:pk>/add/<slug:what>/", people.add, name="person_add"),
    path("people/<int:pk>/show/<slug:what>/<int:row>/", people.show, name="person_show"),
    path("people/<int:pk>/end/<slug:what>/<int:row>/", people.end_fact, name="person_end_fact"),
    path("people/<int:pk>/close/", people.end, name="person_end"),
    path("people/<int:pk>/open/", people.reopen, name="person_reopen"),
    path("people/<int:pk>/history/", people.history, name="person_history"),
    path("people/<int:pk>/looks/", people.looks, name="person_looks"),
    path("households/", households.households, name="households"),
    path("households/open/", households.open_new, name="household_open"),
    path("households/<int:pk>/", households.household, name="household"),
    path("households/<int:pk>/change/", households.change, name="household_change"),
    path("households/<int:pk>/members/", households.add_member, name="household_add"),
    path("households/<int:pk>/members/<int:row>/end/", households.end_member, name="household_end_member"),
    path("households/<int:pk>/members/<int:row>/head/", households.choose_head, name="household_head"),
]
