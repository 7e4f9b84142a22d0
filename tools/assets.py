"""Brings the front-end assets into the source tree: pinned, hashed, listed with version, licence and SHA-256.

Run by a developer who changes a version, never at installation: ``python tools/assets.py``. It needs npm. What it
writes (``src/streha/web/static/vendor`` and its ``manifest.json``) is committed, so the office needs no Node.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src" / "streha" / "web" / "static" / "vendor"

PACKAGES = {
    "bootstrap": "5.3.9",
    "htmx.org": "2.0.11",
    "maplibre-gl": "6.17.0",
    "@fontsource/noto-sans": "5.3.0",
    "sass": "1.108.2",  # compiles the subset below; nothing of it is shipped
}

# The parts of Bootstrap that our pages use: type, grid, tables, forms, buttons. No component that needs its script.
BOOTSTRAP_SUBSET = """
@import "functions";
$enable-dark-mode: false;
$enable-gradients: false;
$font-family-sans-serif: "Noto Sans", system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
$font-size-base: .875rem;
$line-height-base: 1.45;
$body-color: #1c2530;
$body-bg: #faf8f4;
$primary: #a8412a;
$link-color: #1f5c8c;
$border-color: #e2ddd3;
$border-radius: 6px;
$input-border-color: #8b8576;
$input-placeholder-color: #5f6873;
$form-invalid-color: #a3211a;
@import "variables";
@import "variables-dark";
@import "maps";
@import "mixins";
@import "utilities";
$utilities: map-get-multiple($utilities, ("display", "margin", "margin-x", "margin-y", "margin-top", "margin-end",
  "margin-bottom", "margin-start", "gap", "flex", "justify-content", "align-items", "text-align"));
@import "root";
@import "reboot";
@import "type";
@import "containers";
@import "grid";
@import "tables";
@import "forms";
@import "buttons";
@import "helpers/visually-hidden";
@import "utilities/api";
"""

# Noto Sans by subset of Unicode: what Albanian, Serbian in both scripts and English are written with.
FONT_RANGES = {
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,"
    "U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
    "latin-ext": "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,"
    "U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
    "cyrillic": "U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116",
}
FONT_WEIGHTS = (400, 600)
SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=\S+\s*")  # the maps are not shipped, so nobody should ask for them
MAPLIBRE_FILES = ("maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css")


@dataclass(frozen=True)
class Source:
    package: str
    version: str
    licence: str
    how: str


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def install(folder: Path) -> None:
    """The pinned packages, without running any script of theirs."""
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *wanted]
    subprocess.run(npm, cwd=folder, check=True)


def source(modules: Path, package: str, how: str) -> Source:
    described = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))
    return Source(package, described["version"], described["license"], how)


class Shelf:
    """Writes assets under names that carry their hash and remembers where they came from."""

    def __init__(self) -> None:
        self.assets: dict[str, dict[str, str]] = {}

    def put(self, name: str, content: bytes, origin: Source, *, plain: str = "") -> str:
        """File the content as ``stem.hash.ext``, or under ``plain`` when its siblings import it by name."""
        stem, _, extension = name.rpartition(".")
        file = plain or f"{stem}.{digest(content)[:8]}.{extension}"
        target = VENDOR / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.assets[name] = {
            "file": f"vendor/{file}",
            "sha256": digest(content),
            "package": origin.package,
            "version": origin.version,
            "licence": origin.licence,
            "how": origin.how,
        }
        return file

    def licence(self, modules: Path, package: str) -> None:
        """The licence text, as each of them asks for."""
        text = next((modules / package).glob("LICENSE*"))
        target = VENDOR / "licences" / f"{package.strip('@').replace('/', '-')}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.read_bytes())

    def write(self) -> None:
        text = json.dumps({"assets": dict(sorted(self.assets.items()))}, indent=1, ensure_ascii=False)
        (VENDOR / "manifest.json").write_text(text + "\n", encoding="utf-8")


def bootstrap(modules: Path) -> bytes:
    entry = modules / "subset.scss"
    entry.write_text(BOOTSTRAP_SUBSET, encoding="utf-8")
    sass = ["node", str(modules / "sass" / "sass.js"), "--style=compressed", "--no-source-map", "--quiet"]
    sass += ["--silence-deprecation=import", f"--load-path={modules / 'bootstrap' / 'scss'}", str(entry)]
    compiled = subprocess.run(sass, check=True, capture_output=True).stdout
    rules = compiled.removeprefix(b"\xef\xbb\xbf").removeprefix(b'@charset "UTF-8";')
    return b"@layer bootstrap{" + rules.strip() + b"}\n"  # a layer of its own: our rules win without a fight


def fonts(shelf: Shelf, modules: Path) -> None:
    origin = source(modules, "@fontsource/noto-sans", "woff2 subsets as published")
    rules = []
    for weight in FONT_WEIGHTS:
        for subset, unicode_range in FONT_RANGES.items():
            name = f"noto-sans-{subset}-{weight}.woff2"
            published = modules / "@fontsource/noto-sans/files" / f"noto-sans-{subset}-{weight}-normal.woff2"
            file = shelf.put(name, published.read_bytes(), origin)
            rules.append(
                f'@font-face{{font-family:"Noto Sans";font-style:normal;font-weight:{weight};font-display:swap;'
                f'src:url("{file}") format("woff2");unicode-range:{unicode_range}}}'
            )
    written = source(modules, "@fontsource/noto-sans", "rules written by tools/assets.py")
    shelf.put("fonts.css", ("\n".join(rules) + "\n").encode(), written)


def main() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    shelf = Shelf()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        install(folder)
        modules = folder / "node_modules"
        subset = f"subset compiled with sass {PACKAGES['sass']}"
        shelf.put("bootstrap.css", bootstrap(modules), source(modules, "bootstrap", subset))
        htmx = (modules / "htmx.org/dist/htmx.min.js").read_bytes()
        shelf.put("htmx.js", htmx, source(modules, "htmx.org", "dist/htmx.min.js as published"))
        fonts(shelf, modules)
        origin = source(modules, "maplibre-gl", "dist as published, less the line naming a source map")
        for file in MAPLIBRE_FILES:
            content = SOURCE_MAP.sub(b"", (modules / "maplibre-gl/dist" / file).read_bytes())
            # The modules import one another by name, so they share a folder that carries the version instead of a hash.
            shelf.put(file, content, origin, plain=f"maplibre-gl-{origin.version}/{file}")
        for package in PACKAGES:
            if package != "sass":
                shelf.licence(modules, package)
    shelf.write()


if __name__ == "__main__":
    main()
