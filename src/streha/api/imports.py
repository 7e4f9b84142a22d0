"""Lists on their way into the register, for programs: brought, watched; reviewing stays with people."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from django.utils import timezone
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.common import errors
from streha.people.imports import actions, queries
from streha.people.imports.models import ImportBatch
from streha.people.rules import LegalBasis

router = Router(tags=["imports"])


def shown(batch: ImportBatch) -> schemas.ImportOut:
    """An import with its counts."""
    return schemas.ImportOut(
        id=batch.pk,
        number=batch.number,
        file_name=batch.file_name,
        state=batch.state,
        keeper_id=batch.keeper_id,
        rows=batch.rows,
        good=batch.good_rows,
        warned=batch.warned_rows,
        bad=batch.bad_rows,
        known=batch.known_rows,
        committed=batch.committed_rows,
        households=batch.households,
        registered_at=batch.registered_at,
    )


@router.get("/imports", response=schemas.ImportsOut, operation_id="list_imports", auth=Token(Action.IMPORT_BRING))
def list_imports(
    request: Caller,
    after: Annotated[int, Query(0, ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(50, ge=1, le=200)] = 50,
) -> schemas.ImportsOut:
    """Imports visible to the token, newest first."""
    found, last = queries.batches_page(request.auth, after=after or None, limit=limit)
    return schemas.ImportsOut(items=[shown(batch) for batch in found], next=str(last or ""))


@router.get(
    "/imports/{import_id}", response=schemas.ImportOut, operation_id="get_import", auth=Token(Action.IMPORT_BRING)
)
def get_import(request: Caller, import_id: schemas.Pk) -> schemas.ImportOut:
    """One import and how far it has come."""
    return shown(queries.visible_batch(request.auth, import_id))


@router.post(
    "/imports", response={201: schemas.ImportOut}, operation_id="bring_import", auth=Token(Action.IMPORT_BRING)
)
def bring_import(  # noqa: PLR0917 - a form's fields, filled by name
    request: Caller,
    file: Annotated[UploadedFile, File(...)],
    keeper_id: Annotated[int, Form(..., ge=1, le=2**62)],
    source: Annotated[str, Form(..., min_length=1, max_length=120)],
    purpose: Annotated[str, Form(..., min_length=1, max_length=60)],
    basis: Annotated[LegalBasis, Form(...)],
    retain_until: Annotated[dt.date, Form(...)],
) -> Status[schemas.ImportOut]:
    """The list is brought, its columns guessed; it waits to be read. Somebody else decides about its rows."""
    terms = actions.Terms(source=source, purpose=purpose, basis=basis.value, retain_until=retain_until)
    at = timezone.now()
    if not file.size:
        raise errors.BadInput(errors.message("The file is empty. Send a list."), code="file_empty")
    batch = actions.bring(
        file.read(), name=file.name or "list", keeper_id=keeper_id, terms=terms, by=request.auth, at=at
    )
    if batch.state == "mapping":
        batch = actions.start_staging(batch.pk, by=request.auth, at=at)
    return Status(201, shown(batch))
