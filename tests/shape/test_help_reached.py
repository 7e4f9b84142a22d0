"""Every write of help is reached by a door: a page, an operation of the API or a job. Read from the syntax.

An action that nobody can call is half a promise: the rule stands, and no office can use it. A write may be reached
through another action. Names are resolved through the imports of the module that says them, so that ``cancel`` of
grants is not taken for ``cancel`` of payments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.shape import sources

SRC = Path(__file__).parents[2] / "src"
DOORS = ("web", "api", "cli")
# Each exception says why no door leads there.
NO_DOOR = {
    "streha.assistance.works.actions.inspect_many": "many inspections at once: the demo alone",
    "streha.assistance.selections.actions.load_applications": "many applications at once: the demo alone",
}


def named(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module) -> dict[str, str]:
    """What each name of a module stands for: a module, or something of one."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return found


def called(node: ast.AST, known: dict[str, str], here: str, own: frozenset[str]) -> Iterator[str]:
    """Full names of what a piece of a module speaks of: ``actions.commit``, an imported name, a name of its own."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in known:
            yield f"{known[part.value.id]}.{part.attr}"
        elif isinstance(part, ast.Name) and part.id in own:
            yield f"{here}.{part.id}"
        elif isinstance(part, ast.Name) and part.id in known:
            yield known[part.id]


def actions() -> dict[str, set[str]]:
    """Every function and class of the actions of help, and which others it speaks of."""
    found = {}
    for path in sorted((SRC / "streha" / "assistance").glob("*/actions.py")):
        tree, here = ast.parse(path.read_text(encoding="utf-8")), named(path)
        parts = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        known, own = imported(tree), frozenset(parts)
        found |= {f"{here}.{name}": set(called(node, known, here, own)) for name, node in parts.items()}
    return found


def reached(held: dict[str, set[str]]) -> set[str]:
    """What the doors speak of, and what is spoken of there in turn."""
    waiting = []
    for door in DOORS:
        for path in sources.modules(SRC / "streha" / door):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            waiting += list(called(tree, imported(tree), named(path), frozenset()))
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in held and name not in seen:
            seen.add(name)
            waiting += held[name]
    return seen


def writes(held: dict[str, set[str]]) -> set[str]:
    """Functions that anybody may call; classes and what begins with an underscore are their means."""
    return {name for name in held if name.rpartition(".")[2][0].islower()}


def test_every_write_of_help_is_reached_by_a_door() -> None:
    held = actions()
    assert len(writes(held)) > 100, "the actions of help are not where this test looks"
    missing = writes(held) - reached(held) - set(NO_DOOR)
    assert not missing, "no page, operation or job calls:\n" + "\n".join(sorted(missing))


def test_every_exception_is_still_one() -> None:
    held = actions()
    for name in NO_DOOR:
        assert name in held, f"{name} is gone: remove it here"
        assert name not in reached(held), f"{name} has a door now: remove it here"


def test_a_name_is_told_from_the_same_name_elsewhere() -> None:
    tree = ast.parse("from streha.assistance.grants import actions as given\ngiven.cancel(1)\n")
    spoken = set(called(tree, imported(tree), "streha.web.x", frozenset()))
    assert "streha.assistance.grants.actions.cancel" in spoken
    assert "streha.assistance.payments.actions.cancel" not in spoken
