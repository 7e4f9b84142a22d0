"""Behind the second wall or not: every table that leads to a person says so, and every door through it is listed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from tests.shape.sources import modules

from streha.accounts.bridge import wall
from streha.accounts.rules import POLICY, REACHES, Action, Reach
from streha.people.models import Household, Person

ROOT = Path(__file__).parents[2]
OURS = [m for app in apps.get_app_configs() if app.name.startswith("streha.") for m in app.get_models()]

# Where the wall is opened, and what for. A new door is written here by whoever opens it.
DOORS = {
    "src/streha/people/queries.py": {
        "who holds a document",
        "who may be the same",
        "how rare a word is",
        "the home of somebody who is shown",
        "whose home was shown",
        "where a number went that was merged",
        "where a household's number went that was merged",
    },
    "src/streha/people/actions.py": {
        "handing over",
        "pairs that may be one",
        "in whose queue a pair waits",
        "the head of a household",
        "the name of a household by its head",
    },
    "src/streha/people/imports/actions.py": {
        "a list is compared with everybody",
        "a list is taken in",
        "an abandoned list is destroyed",
        "rows are destroyed with their candidates",
    },
    "src/streha/people/duplicates/queries.py": {
        "in which household a record stands",
        "from which list a record comes",
        "whether a pair holds help back",
    },
    "src/streha/people/duplicates/actions.py": {"deciding about pairs", "looking for duplicates", "weighing pairs"},
    "src/streha/people/duplicates/bridge.py": {"weighing pairs"},
    "src/streha/people/households/actions.py": {"moving members between households"},
    "src/streha/people/households/queries.py": {"moving members between households"},
    "src/streha/people/merges/actions.py": {"merging and parting"},
    "src/streha/homes/actions.py": {"handing over"},
    "src/streha/homes/queries.py": {"homes of an address"},
    "src/streha/cases/feedback/actions.py": {"a sensitive report is handed in", "whether a colleague may see feedback"},
    "src/streha/cases/referrals/actions.py": {"what was shared in a referral", "what rests on a consent"},
    "src/streha/cases/referrals/queries.py": {"what was shared in a referral"},
    "src/streha/cases/queries.py": {"who lives in the household of a case"},
    "src/streha/cases/actions.py": {
        "the household of a case",
        "whom a case covers",
        "handing over",
        "a case is split",
        "whether a case is open already",
        "whether a case is of somebody shielded",
    },
    "src/streha/assistance/selections/queries.py": {
        "which applications a list ranks",
        "who scored in a call",
        "whether a household changed",
        "appeals before a session",
        "what waits for a session",
        "codes of a ranked list",
        "a list is computed again",
    },
    "src/streha/assistance/selections/actions.py": {
        "who scored in a call",
        "who entered applications to a call",
        "who belongs to a household that applies",
        "who has applied already",
        "a code that nobody has",
        "whether a household changed",
        "another member applies",
        "ranking",
        "appeals before a session",
        "many applications are loaded",
        "figures of a list",
    },
    "src/streha/assistance/payments/actions.py": {"a bank's reply meets the lines of its lists"},
    "src/streha/assistance/entitlements/queries.py": {"whether a case is closed"},
    "src/streha/assistance/sites/queries.py": {
        "how many places of a site are taken",
        "how many of the places set aside are used",
    },
    "src/streha/assistance/sites/actions.py": {
        "whether a site is empty",
        "whether somebody stays elsewhere",
        "whether somebody shielded comes",
    },
    "src/streha/assistance/distributions/queries.py": {"who belongs to the household of a slip"},
    "src/streha/assistance/distributions/actions.py": {"who belongs to the household of a slip"},
    "src/streha/dataprotection/queries.py": {"the subject file", "retention"},
    "src/streha/dataprotection/actions.py": {"erasure"},
    "src/streha/web/breaks.py": {"who is behind a number, for break-glass", "numbers behind break-glass"},
    "src/streha/cli/check.py": {"check of the set-up"},
    "src/streha/cli/main.py": {"command …"},  # at the office's own terminal; not the server, not the worker
    "src/streha/cli/demo.py": {"command demo"},
}


def leading_to_a_person() -> list[type[models.Model]]:
    """Tables with a path of keys to a person or household, and those that carry somebody's subject."""
    found: set[type[models.Model]] = {Person, Household}
    while True:
        more = {m for m in OURS if any(f.related_model in found for f in keys(m))} - found
        if not more:
            break
        found |= more
    found |= {m for m in OURS if any(f.name == "subject" for f in m._meta.concrete_fields)}
    return sorted(found, key=lambda m: m._meta.label)


def keys(model: type[models.Model]) -> list[models.ForeignKey[models.Model, models.Model]]:
    return [f for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey)]


@pytest.mark.parametrize("model", leading_to_a_person(), ids=lambda m: m._meta.label)
def test_every_table_about_people_is_decided(model: type[models.Model]) -> None:
    own = vars(model)
    assert ("WALL" in own) != ("OUTSIDE_WALL" in own), (
        f"{model._meta.label} leads to a person. Put it behind the second wall, "
        f'WALL = wall.through("person"), or name the reason why not: OUTSIDE_WALL = "…".'
    )
    if "OUTSIDE_WALL" in own:
        assert len(own["OUTSIDE_WALL"]) > 20


@pytest.mark.parametrize("model", [m for m in OURS if "WALL" in vars(m)], ids=lambda m: m._meta.label)
def test_a_wall_leads_somewhere(model: type[models.Model]) -> None:
    declared: wall.Wall = vars(model)["WALL"]
    assert declared.through or declared.rule
    for key in declared.through:
        field = model._meta.get_field(key)
        assert isinstance(field, models.ForeignKey)
        assert not field.null, f"{model._meta.label}.{key} may be empty, and nobody would see such a row"
        assert "WALL" in vars(field.related_model), f"{model._meta.label} hangs on a table before which no wall stands"


def doors(source: str) -> set[str]:
    """What a module opens the wall for."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
            continue
        if (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id) in {"beyond", "stand_beyond"}:
            why = node.args[0]
            literal = why.values[0] if isinstance(why, ast.JoinedStr) else why
            assert isinstance(literal, ast.Constant), "say why in a word that can be read here"
            found.add(str(literal.value) + ("…" if isinstance(why, ast.JoinedStr) else ""))
    return found


def test_every_door_is_listed() -> None:
    sources = [*modules(ROOT / "src" / "streha"), *modules(ROOT / "demo")]
    found = {str(path.relative_to(ROOT)): doors(path.read_text(encoding="utf-8")) for path in sources}
    assert {name: opened for name, opened in found.items() if opened} == DOORS


def test_nobody_goes_round_the_door() -> None:
    """The settings of the wall are named in its own folder alone."""
    wrong = [
        str(path.relative_to(ROOT))
        for path in modules(ROOT / "src" / "streha")
        if "streha." in path.read_text(encoding="utf-8")
        and "set_config" in path.read_text(encoding="utf-8")
        and path.parent.name != "bridge"
    ]
    assert not wrong


def test_whoever_acts_on_people_sees_them() -> None:
    """The wall asks where people are seen; no role may act on people it does not see."""
    acts = {a for a in Action if a.value.startswith(("person.", "subject.", "import.", "duplicates.", "property."))}
    blind = [role for role, held in POLICY.items() if held.actions & acts and Action.PERSON_VIEW not in held.actions]
    assert not blind
    assert REACHES[Reach.PEOPLE] == (Action.PERSON_VIEW,)
