"""The house keeps its shape: arrows of imports and of keys, bare engines, classes of fields, reasons."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from tests.shape.sources import modules

from streha.common.codes import FieldClass
from streha.dataprotection import queries as protection
from streha.people.models import Person

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = [app for app in apps.get_app_configs() if app.name.startswith("streha.")]


def layers() -> list[str]:
    """Rooms from the top down, as the contract in pyproject.toml says."""
    (contract,) = (c for c in PYPROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "rooms")
    return [room.strip() for level in contract["layers"] for room in level.split("|")]


def test_imports_point_down() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "importlinter.cli", "lint"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "No module named importlinter.cli" in found.stderr:
        found = subprocess.run(
            [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-500:]


def test_every_room_is_placed() -> None:
    there = {path.parent.name for path in (ROOT / "src" / "streha").glob("*/__init__.py")}
    assert there <= set(layers()), "a new room must be placed in the contract of layers"


def test_keys_point_down() -> None:
    order = {room: place for place, room in enumerate(layers())}
    wrong = []
    for room in ROOMS:
        for model in room.get_models():
            for field in model._meta.get_fields():
                if not isinstance(field, models.ForeignKey | models.OneToOneField | models.ManyToManyField):
                    continue
                target = field.related_model._meta.app_config.name  # type: ignore[union-attr]
                if target.startswith("streha.") and order[target.split(".")[1]] < order[room.name.split(".")[1]]:
                    wrong.append(f"{model._meta.label}.{field.name} -> {target}")
    assert not wrong


@pytest.mark.parametrize("engine", sorted(p.parent.name for p in (ROOT / "src/streha/engine").glob("*/__init__.py")))
def test_engines_stand_alone(engine: str) -> None:
    code = (
        f"import sys, streha.engine.{engine}; "
        "bad = [m for m in sys.modules if m.split('.')[0] in {'django', 'ninja', 'allauth'}]; "
        "assert not bad, bad"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "STREHA"))}
    env["PYTHONPATH"] = str(ROOT / "src")
    found = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def about_persons() -> list[type[models.Model]]:
    """Every table that reaches a person by a key, and the person."""
    found = [Person]
    for room in ROOMS:
        found.extend(
            model  # type: ignore[misc]
            for model in room.get_models()
            if any(isinstance(f, models.ForeignKey) and f.related_model is Person for f in model._meta.get_fields())
        )
    return found


@pytest.mark.parametrize("model", about_persons(), ids=lambda m: m._meta.label)
def test_every_column_about_a_person_has_its_class(model: type[models.Model]) -> None:
    classes: dict[str, FieldClass] = getattr(model, "FIELD_CLASSES", None)  # type: ignore[assignment]
    technical: frozenset[str] = getattr(model, "TECHNICAL", None)  # type: ignore[assignment]
    assert classes is not None, f"{model._meta.label}: declare FIELD_CLASSES"
    assert technical is not None, f"{model._meta.label}: declare TECHNICAL"
    columns = {field.name for field in model._meta.concrete_fields}
    assert columns == classes.keys() | technical
    assert not classes.keys() & technical
    assert set(classes.values()) <= set(FieldClass)


def test_every_room_that_knows_persons_can_collect_and_erase() -> None:
    rooms = {model._meta.app_config.name for model in about_persons()}  # type: ignore[union-attr]
    for room in rooms:
        personal = importlib.import_module(f"{room}.personal")
        assert callable(personal.collect)
        assert callable(personal.erase)
        assert personal in protection.ROOMS, f"{room}.personal is not asked by dataprotection"


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    inside = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    inside += text[text.index("[dependency-groups]") : text.index("[tool.hatch")]
    listed = [line for line in inside.splitlines() if re.match(r'\s+"[A-Za-z]', line)]
    plain = {"pytest", "hypothesis", "ruff", "mypy", "sphinx", "myst-parser", "furo"}
    without = [
        line.strip()
        for line in listed
        if "#" not in line and re.split(r"[\[<>=,]", line.strip().strip('"'))[0] not in plain
    ]
    assert not without


READS_A_SETTING = re.compile(
    r'os\.environ(?:\.get\(\s*"(?:STREHA_|DATABASE_URL)|\[\s*"(?:STREHA_|DATABASE_URL)\w*"\](?!\s*=[^=]))'
)


def test_settings_are_read_in_one_file() -> None:
    wrong = []
    for path in modules(ROOT / "src"):
        if path.name == "settings.py":
            continue
        text = path.read_text(encoding="utf-8")
        if READS_A_SETTING.search(text):
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong


def test_no_model_is_written_in_the_django_admin() -> None:
    assert "django.contrib.admin" not in {app.name for app in apps.get_app_configs()}


@pytest.mark.parametrize("secret", ["STREHA_SECRET_KEY"])
def test_a_missing_secret_stops_the_start_outside_the_demo(secret: str) -> None:
    env = {k: v for k, v in os.environ.items() if k not in {secret, "STREHA_DEMO"}}
    env |= {"DJANGO_SETTINGS_MODULE": "streha.settings", "PYTHONPATH": f"{ROOT / 'src'}"}
    found = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"], env=env, capture_output=True, text=True, check=False
    )
    assert found.returncode != 0
    assert secret in found.stderr


def test_the_text_of_the_project_speaks_of_the_project_alone() -> None:
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("an installed tree has no list of its files")
    path_of_a_machine = re.compile(r"(?<![\w.])/(?:home|root|Users)/\w+")
    wrong = []
    for name in found.stdout.split():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".html", ".yml", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            if path_of_a_machine.search(text) and name != "tests/shape/test_house.py":
                wrong.append(name)
    assert not wrong
