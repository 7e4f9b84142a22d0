"""What is undocumented cannot ship: the reference has every command with every option, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streha.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def commands(group: click.Group, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None, name
        if isinstance(found, click.Group):
            yield from commands(found, (*words, name))
        else:
            yield " ".join((*words, name)), found


ALL = dict(commands(main.streha, ("streha",)))


def sections() -> dict[str, str]:
    parts = re.split(r"^### `(streha [^`]+)`\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_is_documented_with_its_options(name: str) -> None:
    text = sections().get(name)
    assert text is not None, f"add a section “### `{name}`” to {PAGE.name}"
    for parameter in ALL[name].params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            word = max(parameter.opts, key=len)
            assert re.search(rf"`{re.escape(word)}\b", text), f"{name}: say what {word} does"
        elif isinstance(parameter, click.Argument):
            shown = parameter.make_metavar(click.Context(ALL[name])).strip("[].")
            assert shown in text, f"{name}: say what {shown} is"


def test_no_command_is_documented_that_is_not_there() -> None:
    assert sections().keys() <= ALL.keys()
