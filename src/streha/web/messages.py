"""The message catalogues: collect, derive Latin from Cyrillic, compile, check (``python -m streha.web.messages``).

Serbian is written once, in Cyrillic; its Latin catalogue is derived letter by letter and never edited. ``compile``
needs neither gettext nor Django, so that building a wheel does not; ``update`` and the stale part of ``check`` need
gettext's programs.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent  # src/streha: what is searched for messages
LOCALE = Path(__file__).resolve().parent / "locale"
WRITTEN = ("sq", "sr")
DERIVED = {"sr_Latn": "sr"}
LANGUAGES = (*WRITTEN, *DERIVED)
PLURALS = {
    "sq": "nplurals=2; plural=(n != 1);",
    "sr": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]?\d*(?:\.\d+)?[a-zA-Z]|%[sdrf]|\{\w*\}")
MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|&\w+;|https?://\S+")
CYRILLIC = re.compile(r"[Ѐ-ӿ]+")
CAPITAL_DIGRAPHS = re.compile(r"(?:Lj|Nj|Dž)(?=[A-ZČĆŠĐŽ])|(?<=[A-ZČĆŠĐŽ])(?:Lj|Nj|Dž)(?![a-zčćšđž])")


def catalogue(language: str, locale: Path = LOCALE) -> Path:
    """Where the catalogue of a language lies."""
    return locale / language / "LC_MESSAGES" / "django.po"


# --- collect


def update(locale: Path = LOCALE) -> None:
    """Bring the written catalogues up to date with the sources; new entries are empty, gone ones are dropped."""
    from django.core.management import call_command
    from django.core.management.commands import makemessages

    class Command(makemessages.Command):
        # "message" marks the English templates of errors, which engines and rooms never translate themselves.
        xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=message"]
        # A guess from a similar sentence is worse than an empty line: it would have to be found and refused.
        msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    for language in WRITTEN:
        catalogue(language, locale).parent.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        call_command(
            Command(), locale=list(WRITTEN), extensions=["py", "html", "txt"], add_location="file",
            ignore_patterns=["*/locale", "*/migrations/*"], no_obsolete=True, no_wrap=True, verbosity=0,
        )  # fmt: skip
    finally:
        os.chdir(here)
    for language in WRITTEN:
        _tidy(catalogue(language, locale), language)


def _tidy(file: Path, language: str) -> None:
    """The same sources give the same file: no dates, no tool names, entries in order."""
    entries = polib.pofile(str(file), wrapwidth=0)
    entries.metadata = _metadata(language)
    entries.header = f"Streha: messages in {language}"
    entries.metadata_is_fuzzy = False
    for entry in entries:
        if entry.msgid_plural:
            entry.msgstr_plural = {form: entry.msgstr_plural.get(form, "") for form in range(_forms(language))}
    entries.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    entries.save(str(file))


def _forms(language: str) -> int:
    return int(PLURALS[DERIVED.get(language, language)].removeprefix("nplurals=")[0])


def _metadata(language: str) -> dict[str, str]:
    return {
        "Project-Id-Version": "Streha",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[DERIVED.get(language, language)],
    }


# --- derive


def to_latin(text: str, source: str = "") -> str:
    """Serbian Cyrillic in Latin letters; Cyrillic words that the English source itself shows stay as they are.

    >>> to_latin("Љубав према %(name)s: <b>ЉУБАВ</b>")
    'Ljubav prema %(name)s: <b>LJUBAV</b>'
    """
    import cyrtranslit

    shown = set(CYRILLIC.findall(source))

    def latin(found: re.Match[str]) -> str:
        word = found.group()
        return word if word in shown else str(cyrtranslit.to_latin(word, "sr"))

    return CAPITAL_DIGRAPHS.sub(lambda found: found.group().upper(), CYRILLIC.sub(latin, text))


def derived(entry: polib.POEntry) -> polib.POEntry:
    """The entry of the Latin catalogue."""
    return polib.POEntry(
        msgid=entry.msgid,
        msgid_plural=entry.msgid_plural,
        msgctxt=entry.msgctxt,
        msgstr=to_latin(entry.msgstr, entry.msgid),
        msgstr_plural={form: to_latin(text, entry.msgid) for form, text in entry.msgstr_plural.items()},
        flags=list(entry.flags),
        occurrences=list(entry.occurrences),
    )


def generate(locale: Path = LOCALE) -> None:
    """Write the derived catalogues anew."""
    for language, origin in DERIVED.items():
        made = polib.POFile(wrapwidth=0)
        made.header = f"Streha: messages in {language}, derived from {origin}; do not edit"
        made.metadata = _metadata(language)
        made.extend(derived(entry) for entry in polib.pofile(str(catalogue(origin, locale))) if not entry.obsolete)
        catalogue(language, locale).parent.mkdir(parents=True, exist_ok=True)
        made.save(str(catalogue(language, locale)))


# --- compile


def compile_all(locale: Path = LOCALE) -> list[Path]:
    """Write the binary catalogues that are older than their sources; returns what is there. Safe beside others."""
    written = []
    for language in LANGUAGES:
        source = catalogue(language, locale)
        if not source.exists():
            continue
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".tmp", delete=False) as fresh:
                fresh.write(polib.pofile(str(source)).to_binary())
            Path(fresh.name).chmod(0o644)
            Path(fresh.name).replace(target)
        written.append(target)
    return written


# --- check


def faults(locale: Path = LOCALE) -> Iterator[str]:
    """What is missing, fuzzy, obsolete, derived wrongly, or names other placeholders than the source."""
    for language in LANGUAGES:
        file = catalogue(language, locale)
        if not file.exists():
            yield f"{language}: there is no catalogue"
            continue
        for entry in polib.pofile(str(file)):
            for fault in entry_faults(entry, _forms(language)):
                yield f"{language}: {fault}: {entry.msgid[:70]!r}"
    for language, origin in DERIVED.items():
        if catalogue(language, locale).exists() and catalogue(origin, locale).exists():
            yield from _derivation_faults(language, origin, locale)


def entry_faults(entry: polib.POEntry, plural_forms: int) -> Iterator[str]:
    """What is wrong with one entry of a language that has so many plural forms."""
    if entry.obsolete:
        yield "obsolete"
        return
    if entry.fuzzy:
        yield "fuzzy"
    forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if not forms or not all(forms):
        yield "missing"
        return
    if entry.msgid_plural and len(forms) != plural_forms:
        yield f"{len(forms)} plural forms instead of {plural_forms}"
    sources = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
    for form in forms:
        if not any(_skeleton(form, PLACEHOLDER) == _skeleton(source, PLACEHOLDER) for source in sources):
            yield f"placeholders differ in {form[:50]!r}"
        if not any(_skeleton(form, MARKUP) == _skeleton(source, MARKUP) for source in sources):
            yield f"markup differs in {form[:50]!r}"
    if entry.msgid.startswith("\n") != forms[0].startswith("\n") or entry.msgid.endswith("\n") != forms[0].endswith(
        "\n"
    ):
        yield "line ends differ"


def _skeleton(text: str, pattern: re.Pattern[str]) -> list[str]:
    return sorted(set(pattern.findall(text)))


def _derivation_faults(language: str, origin: str, locale: Path) -> Iterator[str]:
    expected = {_key(e): derived(e) for e in polib.pofile(str(catalogue(origin, locale))) if not e.obsolete}
    found = {_key(e): e for e in polib.pofile(str(catalogue(language, locale))) if not e.obsolete}
    for key in expected.keys() | found.keys():
        there, wanted = found.get(key), expected.get(key)
        same = there and wanted and (there.msgstr, there.msgstr_plural) == (wanted.msgstr, wanted.msgstr_plural)
        if not same:
            yield f"{language}: not what {origin} gives, run generate: {key[1][:70]!r}"


def _key(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def stale(locale: Path = LOCALE) -> Iterator[str]:
    """Messages of the sources that the catalogues do not have, and the other way round. Needs gettext."""
    from django.conf import settings
    from django.test.utils import override_settings

    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "locale"
        shutil.copytree(locale, fresh)
        assert settings.configured
        with override_settings(LOCALE_PATHS=[str(fresh)]):
            update(fresh)
        for language in WRITTEN:
            yield from _differences(language, catalogue(language, locale), catalogue(language, fresh))


def _differences(language: str, kept: Path, fresh: Path) -> Iterator[str]:
    before = {_key(entry) for entry in polib.pofile(str(kept)) if not entry.obsolete}
    after = {_key(entry) for entry in polib.pofile(str(fresh)) if not entry.obsolete}
    yield from (f"{language}: not in the catalogue: {key[1][:70]!r}" for key in sorted(after - before))
    yield from (f"{language}: no longer in the sources: {key[1][:70]!r}" for key in sorted(before - after))


# --- the terminal


def check() -> int:
    """Print every fault; 1 when there is one."""
    found = list(faults())
    if shutil.which("xgettext"):
        found += stale()
    else:
        print("not run: stale messages (needs gettext)")  # noqa: T201
    return _report(found)


def _report(found: Iterable[str]) -> int:
    lines = list(found)
    for line in lines[:200]:
        print(line)  # noqa: T201
    if len(lines) > 200:
        print(f"… and {len(lines) - 200} more")  # noqa: T201
    print(f"{len(lines)} faults in the message catalogues")  # noqa: T201
    return 1 if lines else 0


def main() -> int:
    tasks: dict[str, Callable[[], object]] = {
        "update": update,
        "generate": generate,
        "compile": compile_all,
        "check": check,
    }
    parser = argparse.ArgumentParser(prog="python -m streha.web.messages", description=__doc__)
    parser.add_argument("task", choices=tasks)
    task = parser.parse_args().task
    if task in ("update", "check"):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streha.settings")
        os.environ.setdefault("STREHA_SECRET_KEY", "collecting messages needs no secret")
        import django

        django.setup()
    done = tasks[task]()
    return done if isinstance(done, int) else 0


if __name__ == "__main__":
    sys.exit(main())
