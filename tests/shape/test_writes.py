"""Nothing writes domain tables but a room's ``actions.py`` and ``personal.py``: read from the syntax."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.shape import sources

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "src" / "streha", ROOT / "demo")
WRITERS = frozenset({"actions.py", "personal.py"})
# Each exception says why it is none of the domain's business.
ALLOWED = {
    "src/streha/audit/bridge.py": "inserts rows that audit.actions has made, and rows of a restored backup",
    "src/streha/cli/portable.py": "puts a backup back, row by row, as it was recorded",
}
CALLS = frozenset(
    {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
)
CERTAIN = frozenset({"bulk_create", "bulk_update", "get_or_create", "update_or_create"})
SQL = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


def writes(source: str) -> list[tuple[int, str]]:
    """Lines that write a table: ORM calls of a writing kind, and SQL that is executed."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr.removeprefix("a") if node.func.attr in {f"a{call}" for call in CALLS} else node.func.attr
        if name in CERTAIN or (name in CALLS and _is_of_a_table(name, node)):
            found.append((node.lineno, f".{node.func.attr}()"))
        elif name in {"execute", "executemany"} and _sql(node).startswith(SQL):
            found.append((node.lineno, _sql(node).split()[0]))
    return found


def _is_of_a_table(name: str, call: ast.Call) -> bool:
    """Tell a table's write from a dictionary's ``update``, an image's ``save`` or a hash's ``update``."""
    receiver = ast.unparse(call.func.value)  # type: ignore[attr-defined]
    if ".objects" in receiver or "_manager" in receiver or ".filter(" in receiver or ".held(" in receiver:
        return True
    if name == "save":  # a file, image or workbook is saved to somewhere
        return not call.args
    if name == "update":  # a QuerySet is updated by keyword alone
        return not call.args and bool(call.keywords)
    return name == "delete" and not call.args


def _sql(call: ast.Call) -> str:
    """The text of the statement, as far as it is written there."""
    if not call.args:
        return ""
    first = call.args[0]
    if isinstance(first, ast.JoinedStr):
        first = first.values[0]
    return str(first.value).lstrip().upper() if isinstance(first, ast.Constant) else ""


def modules() -> list[Path]:
    return sorted(
        path
        for source in SOURCES
        for path in sources.modules(source)
        if path.name not in WRITERS and "migrations" not in path.parts
    )


def test_only_actions_and_personal_write() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {what}"
        for path in modules()
        if str(path.relative_to(ROOT)) not in ALLOWED
        for line, what in writes(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "writes belong into actions.py:\n" + "\n".join(wrong)


def test_every_exception_is_still_needed() -> None:
    for name in ALLOWED:
        assert writes((ROOT / name).read_text(encoding="utf-8")), f"{name} writes nothing any more: remove it"


@pytest.mark.parametrize(
    "line",
    [
        "person.save()",
        "Person.objects.create(name=1)",
        "Person.objects.filter(pk=1).update(name='x')",
        "found.update(name='x')",
        "Person.objects.bulk_create(rows)",
        "person.delete()",
        "await person.asave()",
        "models.Person._base_manager.all().delete()",
        "form.save()",
        "cursor.execute('DELETE FROM people_person')",
        "cursor.executemany(f'INSERT INTO {table} VALUES (1)', rows)",
    ],
)
def test_a_write_is_seen(line: str) -> None:
    assert writes(f"async def f():\n    {line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "held.update({'a': 1})",
        "digest.update(b'x')",
        "image.save(path)",
        "cursor.execute('SELECT 1')",
    ],
)
def test_what_is_no_write_is_left_alone(line: str) -> None:
    assert not writes(line)
