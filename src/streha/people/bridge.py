"""Between the register and PostgreSQL: a viewer's rights as the second wall is told of them."""

from __future__ import annotations

from django.db import connection

from streha.accounts.bridge import wall
from streha.accounts.rules import REACHES, Access, Action, Reach
from streha.people import models


def viewer(access: Access) -> wall.Viewer:
    """What the session is told of this access: the same ground that ``visible_to`` stands on."""
    if not access.held or connection.vendor != "postgresql":
        return wall.NOBODY
    told: dict[str, str] = {}
    for reach, actions in REACHES.items():
        if reach == Reach.SHIELDED and not access.allows(Action.PERSON_VIEW):
            continue
        told |= models.ground_of(access, *actions).told(reach)
    if access.allows(Action.PERSON_VIEW):
        told["opened"] = wall.as_array(sorted(access.opened))
    return wall.Viewer(told)
