"""What is shipped with the pages is what the manifest says, and a page needs nothing else."""

from __future__ import annotations

import hashlib
import re

import pytest

from streha.web import assets

VENDOR = assets.STATIC / "vendor"


@pytest.mark.parametrize("name", sorted(assets.manifest()))
def test_hash_version_and_licence_hold(name: str) -> None:
    entry = assets.manifest()[name]
    content = (assets.STATIC / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["version"] and entry["licence"] and entry["package"]
    assert entry["sha256"][:8] in entry["file"] or entry["version"] in entry["file"]


def test_nothing_is_vendored_without_an_entry() -> None:
    listed = {entry["file"] for entry in assets.manifest().values()}
    there = {f"vendor/{p.relative_to(VENDOR)}" for p in VENDOR.rglob("*") if p.is_file()}
    unlisted = {file for file in there - listed if not file.startswith("vendor/licences/")}
    assert unlisted == {"vendor/manifest.json"}


def test_every_package_brings_its_licence_text() -> None:
    for entry in assets.manifest().values():
        text = VENDOR / "licences" / f"{entry['package'].strip('@').replace('/', '-')}.txt"
        assert len(text.read_text(encoding="utf-8")) > 200


def test_style_sheets_name_only_files_that_are_there() -> None:
    for sheet in assets.STATIC.rglob("*.css"):
        for target in re.findall(r"url\(\"?([^\")]+)", sheet.read_text(encoding="utf-8")):
            if not target.startswith(("data:", "#")):
                assert (sheet.parent / target).is_file(), f"{sheet.name} names {target}"


def test_addresses_carry_the_hash() -> None:
    assert re.fullmatch(r"/static/vendor/bootstrap\.[0-9a-f]{8}\.css", assets.url("bootstrap.css"))
    own = hashlib.sha256((assets.STATIC / "streha/streha.css").read_bytes()).hexdigest()[:8]
    assert assets.url("streha/streha.css") == f"/static/streha/streha.css?v={own}"
