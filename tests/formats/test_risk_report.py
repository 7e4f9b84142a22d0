"""The files of a run: complete or not there at all, readable, and a PDF that says what it is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars
import pypdfium2
import pytest

from streha.common import errors
from streha.formats import risk_brief, risk_report


def shown(low: float, central: float, high: float) -> risk_report.Shown:
    return risk_report.Shown(low, central, high, f"{low:g} to {high:g}", "range")


def report(name: str = "Mill & <b>#Village") -> risk_report.Report:
    outline = {"type": "Polygon", "coordinates": [[[20, 42], [21, 42], [21, 43], [20, 42]]]}
    return risk_report.Report(
        title="Invented #flood",
        measure="people displaced per year, on average",
        areas=(
            risk_report.AreaRow("01", name, 500, 20.5, 42.4, shown(10, 40, 90), outline),
            risk_report.AreaRow("02", "Other", 300, 20.9, 42.1, shown(0, 0, 0)),
        ),
        states={"displaced": shown(10, 40, 90), "trapped": "not modelled"},
        return_periods=(risk_report.PeriodRow(10, shown(1, 2, 3)), risk_report.PeriodRow(100, shown(5, 9, 20), 12.0)),
        futures=(),
        notes=("Invented.",),
        sources=("Nobody 2020",),
        provenance={"seed": 1, "inputs": {"a.csv": "00"}},
        mark=(20.6, 42.3),
        cells={"lon": [20.5], "displaced": [3.0]},
    )


def test_all_files_are_written_and_agree(tmp_path: Path) -> None:
    names = {path.name for path in risk_report.write(report(), tmp_path / "out")}
    assert names == {
        "areas.csv", "areas.parquet", "areas.geojson", "return_periods.csv", "report.json", "provenance.json",
        "brief.pdf", "cells.parquet",
    }  # fmt: skip
    folder = tmp_path / "out"
    rows = list(csv.DictReader((folder / "areas.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["code"] for row in rows] == ["01", "02"]
    assert polars.read_parquet(folder / "areas.parquet")["code"].to_list() == ["01", "02"]
    shapes = json.loads((folder / "areas.geojson").read_text(encoding="utf-8"))["features"]
    assert [shape["geometry"]["type"] for shape in shapes] == ["Polygon", "Point"]
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert told["return_periods"][1]["in_worst_year"] == 12.0
    assert told["states"]["trapped"]["text"] == "not modelled"


def test_the_brief_is_tagged_and_keeps_awkward_names_as_text() -> None:
    made = report()
    content = risk_brief.pdf(risk_report.as_json(made), risk_report.map_svg(made), risk_report.curve_svg(made))
    assert content.startswith(b"%PDF-1.7")
    assert b"/MarkInfo" in content or b"/StructTreeRoot" in content
    document = pypdfium2.PdfDocument(content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert "Mill & <b>#Village" in text
    assert "Nobody 2020" in text
    assert document.get_metadata_dict()["Title"] == "Invented #flood"


def test_the_map_escapes_names_and_survives_nobody_displaced() -> None:
    picture = risk_brief.map_svg([risk_brief.Place("<script>", 20, 42, 0, 10)])
    assert "<script>" not in picture
    assert "&lt;script&gt;" in picture


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(errors.Conflict):
        risk_report.write(report(), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "failure", [OSError(28, "No space left on device"), OSError("9 requested and 8 written"), KeyboardInterrupt()]
)
def test_a_full_disk_or_a_cancelled_run_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def fails(*_: object, **__: object) -> bytes:
        raise failure

    monkeypatch.setattr(risk_brief, "pdf", fails)
    expected = errors.Unavailable if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        risk_report.write(report(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    if isinstance(failure, OSError):
        assert "the disk is full" in str(caught.value)
