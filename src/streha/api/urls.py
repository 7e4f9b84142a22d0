"""Every operation of the API, under /api/."""

from __future__ import annotations

from django.urls import path
from ninja import NinjaAPI

from streha.api import (
    cases,
    door,
    duplicates,
    feedback,
    grants,
    homes,
    households,
    imports,
    institutions,
    labour,
    people,
    places,
    plans,
    programmes,
    projects,
    referrals,
    selections,
    supplies,
    works,
)

api = NinjaAPI(
    title="Streha",
    version="1",
    description="People, homes, places and imports for programs. Tokens are made on the page of one's account.",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
)
api.add_router("", people.router)
api.add_router("", homes.router)
api.add_router("", places.router)
api.add_router("", cases.router)
api.add_router("", feedback.router)
api.add_router("", institutions.router)
api.add_router("", plans.router)
api.add_router("", referrals.router)
api.add_router("", labour.router)
api.add_router("", works.router)
api.add_router("", supplies.router)
api.add_router("", programmes.router)
api.add_router("", grants.router)
api.add_router("", projects.router)
api.add_router("", selections.router)
api.add_router("", imports.router)
api.add_router("", households.router)
api.add_router("", duplicates.router)
door.install(api)

urlpatterns = [path("", api.urls)]
