"""``streha``: finds the command that was asked for, opens the office for it when it needs one, and tells errors.

Every module of this folder that has a ``group`` or a ``command`` is one; nothing is listed here. A command's module
is imported only when it is asked for, so that the engines start without Django.
"""

from __future__ import annotations

import ast
import gc
import importlib
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from streha.cli import words
from streha.common import errors

# These run without settings and without a database; the demo makes its own settings first.
BARE = frozenset({"names", "linkage", "risk", "law", "movement", "demo"})
# These answer others, and announce each of them to the second wall.
ANSWERING = frozenset({"serve", "worker"})
FOLDER = Path(__file__).parent
EXIT_REFUSED = 2


def command_names() -> list[str]:
    """The commands there are: modules of this folder that say so."""
    modules = (path for path in FOLDER.glob("*.py") if path.stem not in {"__init__", "main"})
    return sorted(path.stem.replace("_", "-") for path in modules if _offers(path))


def _offers(path: Path) -> bool:
    """Whether a module defines ``group`` or ``command``, told without importing it."""
    return any(
        isinstance(node, ast.FunctionDef) and node.name in {"group", "command"}
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


def open_office() -> None:
    """Set up Django, once. Raises Unavailable when a setting is missing or wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streha.settings")
    import django
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured

    if apps.ready:
        return
    os.umask(0o077)  # databases, media and anchors are for the office's own user
    gc.disable()  # nothing of what is read now is waste, and looking for some is a tenth of every start
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise errors.Unavailable(errors.message("{problem}"), code="settings", problem=str(error))
    finally:
        gc.enable()


class Commands(click.Group):
    """A group whose commands are the modules of this folder."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return command_names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = cmd_name.replace("-", "_")
        if not cmd_name.isascii() or not (FOLDER / f"{module}.py").is_file() or module in {"__init__", "main"}:
            return None
        if cmd_name not in BARE:
            open_office()
            if cmd_name not in ANSWERING:
                from streha.accounts.bridge import wall

                wall.stand_beyond(f"command {cmd_name}")
        found = importlib.import_module(f"streha.cli.{module}")
        offered: click.Command | None = getattr(found, "group", None) or getattr(found, "command", None)
        return offered

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """One line for each command, read from its module's docstring, so that help imports none of them."""
        rows = []
        for name in command_names():
            text = (FOLDER / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")
            docstring = ast.get_docstring(ast.parse(text)) or ""
            said = docstring.partition("\n\n")[0].replace("\n", " ").partition(": ")[2]
            rows.append((name, said[:1].upper() + said[1:]))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="streha")
def streha() -> None:
    """One register for migration missions and municipalities: people, homes, help, risk and law."""


def told(error: errors.StrehaError) -> str:
    """The error in the office's language; where no office is open, in the one the command was asked to speak."""
    if "django" in sys.modules:
        from django.apps import apps

        if apps.ready:
            from django.utils.translation import gettext

            return gettext(error.template).format(**error.details)
    return words.spoken.get()(error.template).format(**error.details)


def main() -> NoReturn:
    """Run a command. Ends with 0 when it did what was asked, 1 when a check found faults, 2 when it was refused."""
    try:
        streha(prog_name="streha")
    except errors.StrehaError as error:
        click.echo(told(error), err=True)
    except Exception as error:
        if errors.is_disk_full(error):
            click.echo(told(errors.Unavailable(errors.DISK_FULL)), err=True)
        elif _is_database_away(error):
            click.echo(told(errors.Unavailable(DATABASE_AWAY, reason=str(error).strip().partition("\n")[0])), err=True)
        else:
            raise
    sys.exit(EXIT_REFUSED)


DATABASE_AWAY = errors.message(
    "The database does not answer: {reason}. Is it running, and is its structure up to date (streha upgrade)?"
)


def _is_database_away(error: Exception) -> bool:
    if "django.db" not in sys.modules:
        return False
    from django.db import InterfaceError, OperationalError

    return isinstance(error, OperationalError | InterfaceError)


if __name__ == "__main__":
    main()
