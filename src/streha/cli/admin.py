"""``streha admin``: make the first user of an office, who then makes the others."""

from __future__ import annotations

import datetime as dt
import secrets

import click
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from streha.accounts import actions, rules
from streha.accounts.models import Grant, in_force
from streha.common import errors


@click.group(name="admin")
def group() -> None:
    """Make the first user of an office."""


@group.command()
@click.argument("username")
@click.option("--full-name", default="", help="The person's name, as colleagues know it.")
@click.option("--organisation", default="", help="The organisation; made when there is none of this name.")
@click.option("--ask-password", is_flag=True, help="Ask for the password instead of making one.")
@click.option("--another", is_flag=True, help="Make one although there is a keeper already.")
def create(username: str, full_name: str, organisation: str, ask_password: bool, another: bool) -> None:
    """Make a keeper: a user who manages users, and reads no people.

    Prints a password made by chance; the keeper sets another after the first login. Works at the machine only, so it
    is also the way back when every keeper lost access.
    """
    moment = dt.datetime.now(dt.UTC)
    by = rules.system("terminal")
    if settings.DEMO:
        raise errors.Refused(errors.message("The demo has its own users."), code="demo_users")
    keepers = Grant.objects.filter(in_force(moment), role=rules.Role.KEEPER, user__is_active=True)
    if keepers.exists() and not another:
        raise errors.Conflict(
            errors.message("There is a keeper already, who can make other users. To make one more add --another."),
            code="keeper_exists",
        )
    made = secrets.token_urlsafe(12)
    password = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True) if ask_password else made
    with transaction.atomic():
        place = None
        if organisation:
            place = actions.create_organisation(organisation, kind="municipality", by=by, at=moment).pk
        user = actions.create_user(
            username, full_name=full_name or username, password=password, organisation_id=place, by=by, at=moment
        )
        actions.grant_role(user.pk, rules.Role.KEEPER, rules.Scope(rules.ScopeKind.EVERYTHING), by=by, at=moment)
    click.echo(_("User {name} is a keeper.").format(name=user.username))
    if not ask_password:
        click.echo(_("Password for the first login: {password}").format(password=password))
