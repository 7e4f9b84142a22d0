"""The tools of the catalogues: what they collect, how Latin comes out of Cyrillic, and which faults they find."""

from __future__ import annotations

import shutil
from pathlib import Path

import polib
import pytest
from django.test.utils import override_settings

from streha.web import messages


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Љубав, Његош, Џеп, ђак, ћуп, жаба", "Ljubav, Njegoš, Džep, đak, ćup, žaba"),
        ("ЉУБАВ и ЊЕГОШ", "LJUBAV i NJEGOŠ"),
        ("КОЊ", "KONJ"),
        ("%(count)s људи, {name}, %s", "%(count)s ljudi, {name}, %s"),
        ('<a href="/a/" title="Људи">Људи</a> &nbsp;', '<a href="/a/" title="Ljudi">Ljudi</a> &nbsp;'),
        ("види https://example.org/пут", "vidi https://example.org/put"),
    ],
)
def test_latin_is_derived_letter_by_letter(cyrillic: str, latin: str) -> None:
    assert messages.to_latin(cyrillic) == latin


def test_cyrillic_that_the_english_source_shows_is_kept() -> None:
    assert messages.to_latin("Пример: Хоџа и Призрен", "Example: Хоџа") == "Primer: Хоџа i Prizren"


def entry(msgid: str, msgstr: str, **more: object) -> polib.POEntry:
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **more)


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (entry("Save", ""), "missing"),
        (entry("Save", "Ruaj", flags=["fuzzy"]), "fuzzy"),
        (entry("{n} rows", "rreshta"), "placeholders"),
        (entry("%(n)s rows", "%(m)s rreshta"), "placeholders"),
        (entry("<b>Save</b>", "Ruaj"), "markup"),
        (entry("Save", "Ruaj", obsolete=True), "obsolete"),
        (polib.POEntry(msgid="row", msgid_plural="rows", msgstr_plural={0: "rresht"}), "plural"),
    ],
)
def test_faults_are_found(made: polib.POEntry, fault: str) -> None:
    assert any(fault in found for found in messages.entry_faults(made, 2))


def test_a_good_entry_has_no_fault() -> None:
    assert list(messages.entry_faults(entry("{n} rows of <b>%(file)s</b>", "<b>%(file)s</b>: {n} rreshta"), 2)) == []
    plural = polib.POEntry(
        msgid="One row", msgid_plural="%(n)s rows", msgstr_plural={0: "Një rresht", 1: "%(n)s rreshta"}
    )
    assert list(messages.entry_faults(plural, 2)) == []


def written(locale: Path, language: str, **texts: str) -> None:
    file = messages.catalogue(language, locale)
    file.parent.mkdir(parents=True)
    made = polib.POFile()
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": language}
    made.extend(polib.POEntry(msgid=msgid, msgstr=msgstr) for msgid, msgstr in texts.items())
    made.save(str(file))


def test_generate_compile_and_check_agree(tmp_path: Path) -> None:
    written(tmp_path, "sq", Save="Ruaj")
    written(tmp_path, "sr", Save="Сачувај")
    assert "sr_Latn: there is no catalogue" in list(messages.faults(tmp_path))
    messages.generate(tmp_path)
    assert list(messages.faults(tmp_path)) == []
    compiled = messages.compile_all(tmp_path)
    assert [polib.mofile(str(file))[0].msgstr for file in compiled] == ["Ruaj", "Сачувај", "Sačuvaj"]

    latin = polib.pofile(str(messages.catalogue("sr_Latn", tmp_path)))
    latin[0].msgstr = "Snimi"
    latin.save()
    assert [fault for fault in messages.faults(tmp_path) if "run generate" in fault]


@pytest.mark.skipif(not shutil.which("xgettext"), reason="not run: gettext is not installed")
def test_update_collects_templates_code_and_the_templates_of_errors(tmp_path: Path) -> None:
    with override_settings(LOCALE_PATHS=[str(tmp_path)]):
        messages.update(tmp_path)
    found = {e.msgid: e for e in polib.pofile(str(messages.catalogue("sr", tmp_path)))}
    assert "Log in" in found  # a template
    assert "Today" in found  # gettext_lazy
    assert "There is no such record." in found  # errors.message
    assert found["%(n)s hour"].msgstr_plural == {0: "", 1: "", 2: ""}
    assert not any(e.fuzzy or e.obsolete for e in found.values())


@pytest.mark.skipif(not shutil.which("xgettext"), reason="not run: gettext is not installed")
def test_stale_messages_are_found(tmp_path: Path) -> None:
    with override_settings(LOCALE_PATHS=[str(tmp_path)]):
        messages.update(tmp_path)
    assert list(messages.stale(tmp_path)) == []
    for language in messages.WRITTEN:
        file = polib.pofile(str(messages.catalogue(language, tmp_path)))
        file.remove(next(e for e in file if e.msgid == "Log in"))
        file.append(polib.POEntry(msgid="Sign up for free", msgstr="x"))
        file.save()
    found = list(messages.stale(tmp_path))
    assert "sr: not in the catalogue: 'Log in'" in found
    assert "sq: no longer in the sources: 'Sign up for free'" in found
