"""Lists brought from the terminal, and workers killed in the middle of one, on either database."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.operation.conftest import Office

TERMS = ("--source", "Zyra", "--purpose", "kthim", "--basis", "public_task", "--retain-until", "2031-12-31")
LIST = (
    "Familja;Emri;Mbiemri;Data e lindjes;Komuna\n"
    "F1;Arta;Gashi;12.04.1961;Pejë\nF1;Blerim;Gashi;31.02.1984;Pejë\nF2;Drita;Berisha;1990;Peć\nF2;Дрита;Бериша;1990;Пећ\n"
)
ROWS, PIECE = 400, 50
BRING = """
from pathlib import Path
from streha.accounts.rules import system
from streha.people.imports import actions as imports, models as tables, queries as reads
from streha.places.models import Area
by = system("terminal")
keeper = Area.objects.get(kind="country").pk
terms = imports.Terms("Zyra", "kthim", "public_task", dt.date(2031, 12, 31))
"""
# A worker that says where it is after each sign of progress, and leaves the kill room to fall inside a transaction.
WORKER = """
import time
from streha.cli import worker
from streha.jobs import actions as jobs
from streha.people.imports import actions as imports
imports.PIECE = {piece}
plain = jobs.Progress.__call__
def told(self, done, total=None, *, memo=None):
    plain(self, done, total, memo=memo)
    print(done, flush=True)
    time.sleep(0.02)
jobs.Progress.__call__ = told
if {before!r}:
    jobs.release(worker={before!r}, at=worker.now())
worker.Worker(name={name!r}, every={{}}).work(until_empty=True)
"""
STATE = """
from streha.people.imports import models as tables
from streha.people.models import Household, Membership, Person
from streha.jobs.models import Job
batch = tables.ImportBatch.objects.get()
numbers = list(tables.StagedRecord.objects.order_by("number").values_list("number", flat=True))
print(json.dumps({
    "state": batch.state, "staged": batch.staged_rows, "committed": batch.committed_rows, "numbers": numbers,
    "people": Person.objects.count(), "subjects": Person.objects.values("subject").distinct().count(),
    "households": Household.objects.count(), "members": Membership.objects.count(),
    "jobs": list(Job.objects.values_list("state", flat=True)),
    "keys": models.SubjectKey.objects.filter(destroyed_at=None).count(),
    "faults": [f.kind for f in queries.verify().faults if f.kind != "unanchored"],
}))
"""


@pytest.fixture
def kosovo(office: Office) -> Office:
    office.run("places", "load-kosovo")
    return office


def imported(office: Office, file: Path, *words: str) -> dict[str, Any]:
    out = office.run("people", "import", str(file), "--json", *words)
    found: dict[str, Any] = json.loads(out[out.index("{") :])
    return found


def test_a_list_from_the_terminal_and_the_same_list_again(kosovo: Office, tmp_path: Path) -> None:
    file = tmp_path / "lista.csv"
    file.write_text(LIST, encoding="utf-8")
    seen = imported(kosovo, file)
    assert (seen["rows"], seen["accepted"], seen["committed"], seen["state"]) == (4, 2, 0, "review")
    assert seen["rejected"] == [
        {
            "row": 3,
            "column": "Data e lindjes",
            "code": "date_no_such_day",
            "message": "“31.02.1984” is not a day that exists. Write a day that exists, or only the year.",
        }
    ]
    assert seen["duplicates"] == [{"row": 5, "of_row": 4, "of_person": None, "why": "same_file"}]
    assert seen["households"]["found"] == 2
    taken = imported(kosovo, file, "--commit", *TERMS)
    assert (taken["committed"], taken["households"]["opened"]) == (2, 2)
    again = imported(kosovo, file, "--commit", *TERMS)
    assert (again["import"], again["committed"]) == (taken["import"], 2)
    assert kosovo.python(STATE)["people"] == 2


def test_a_corrected_file_adds_only_what_was_corrected(kosovo: Office, tmp_path: Path) -> None:
    file, wrong = tmp_path / "lista.csv", tmp_path / "wrong.csv"
    file.write_text(LIST, encoding="utf-8")
    imported(kosovo, file, "--commit", "--to-correct", str(wrong), *TERMS)
    text = wrong.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].endswith("Row in the first file,What is wrong")
    assert len(text.splitlines()) == 2
    wrong.write_text(text.replace("31.02.1984,", "28.02.1984,", 1), encoding="utf-8")
    found = imported(kosovo, wrong, "--commit", *TERMS)
    assert (found["rows"], found["committed"]) == (1, 1)


def test_sheet_mapping_and_keeper_are_taken_from_the_command(kosovo: Office, tmp_path: Path) -> None:
    file, mapping = tmp_path / "l.csv", tmp_path / "m.csv"
    file.write_text("A;B;C\nArta;Gashi;x\nBesa;Gashi;y\n", encoding="utf-8")
    mapping.write_text("heading,field\nA,given\nB,family\n", encoding="utf-8")
    found = imported(kosovo, file, "--mapping", str(mapping), "--mapping", "C=address", "--keeper", "Peć")
    assert found["mapping"] == {"A": "given", "B": "family", "C": "address"}
    assert "no sheet “Tjetër”" in kosovo.run("people", "import", str(file), "--sheet", "Tjetër", code=2)
    assert "not one municipality" in kosovo.run("people", "import", str(file), "--keeper", "Atlantidë", code=2)
    assert "no column “D”" in kosovo.run("people", "import", str(file), "--mapping", "D=given", code=2)


def test_nothing_is_committed_without_purpose_and_a_broken_file_is_told(kosovo: Office, tmp_path: Path) -> None:
    file = tmp_path / "lista.xlsx"
    file.write_bytes(b"PK\x03\x04 not a workbook")
    said = kosovo.run("people", "import", str(file), "--commit", code=2)
    assert "nothing is kept without" in said
    assert "is damaged and cannot be opened" in kosovo.run("people", "import", str(file), code=2)


def test_a_worker_killed_while_it_reads_and_while_it_takes_in_loses_and_doubles_nothing(
    kosovo: Office, tmp_path: Path
) -> None:
    file = tmp_path / "l.csv"
    rows = "".join(f"F{n // 4};Emri{chr(97 + n % 26)};Mbiemri{n};{1930 + n % 60};Pejë\n" for n in range(ROWS))
    file.write_text("Familja;Emri;Mbiemri;Data e lindjes;Komuna\n" + rows, encoding="utf-8")
    kosovo.python(
        BRING + f"batch = imports.bring(Path({str(file)!r}).read_bytes(), name='l.csv', keeper_id=keeper, terms=terms, "
        "by=by, at=at)\nimports.start_staging(batch.pk, by=by, at=at)"
    )
    _killed_and_again(kosovo, "s")
    read = kosovo.python(STATE)
    assert (read["state"], read["staged"], read["people"]) == ("review", ROWS, 0)
    assert read["numbers"] == list(range(2, ROWS + 2))
    assert read["keys"] == ROWS + 1  # one for each row, one for the batch
    kosovo.python(
        BRING + "batch = tables.ImportBatch.objects.get()\n"
        "imports.decide_many(batch.pk, reads.RowFilter(), tables.Decision.NEW, by=by, at=at)\n"
        "imports.start_commit(batch.pk, by=by, at=at)"
    )
    _killed_and_again(kosovo, "c")
    taken = kosovo.python(STATE)
    assert (taken["state"], taken["committed"], taken["people"], taken["subjects"]) == ("committed", ROWS, ROWS, ROWS)
    assert (taken["households"], taken["members"]) == (ROWS // 4, ROWS)
    assert taken["jobs"] == ["done", "done"]
    assert taken["faults"] == []


def _killed_and_again(office: Office, name: str) -> None:
    """Three workers, two of them killed after some signs of progress; the last one ends the work."""
    before = ""
    for number, signs in enumerate((3, 2)):
        worker = _worker(office, f"{name}{number}", before)
        assert worker.stdout is not None
        for _ in range(signs):
            line = worker.stdout.readline()
            assert line.strip().isdigit(), line + worker.stdout.read()
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        before = f"{name}{number}"
    last = _worker(office, f"{name}-last", before)
    out, _ = last.communicate(timeout=90)
    assert last.returncode == 0, out


def _worker(office: Office, name: str, before: str) -> subprocess.Popen[str]:
    return office.start(*office.script(WORKER.format(name=name, before=before, piece=PIECE)))
