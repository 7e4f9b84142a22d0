"""The components of the pages: places, dates, numbers, tables that become cards, lists by key."""

from __future__ import annotations

import ast
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from tests.web.conftest import AT

from streha.accounts import rules
from streha.accounts.models import User
from streha.common import codes, errors, pages
from streha.web import labels, paging
from streha.web.templatetags import streha as components

ROOT = Path(labels.__file__).resolve().parent.parent


@dataclass(frozen=True)
class Place:
    albanian: str
    cyrillic: str
    latin: str

    def labels(self) -> tuple[str, str, str]:
        return self.albanian, self.cyrillic, self.latin


def render(text: str, **context: Any) -> str:
    return Template(text).render(Context(context))


@pytest.mark.parametrize(
    ("language", "zhur", "prizren"),
    [
        ("sq", "Zhur / Žur", "Prizren / Призрен"),
        ("en", "Zhur / Žur", "Prizren / Призрен"),
        ("sr", "Жур / Zhur", "Призрен / Prizren"),
        ("sr-latn", "Žur / Zhur", "Prizren / Призрен"),
    ],
)
def test_both_official_names_in_the_readers_order(language: str, zhur: str, prizren: str) -> None:
    with translation.override(language):
        assert components.place_name(Place("Zhur", "Жур", "Žur")) == zhur
        assert components.place_name(Place("Prizren", "Призрен", "Prizren")) == prizren


def test_dates_say_how_much_is_known() -> None:
    day = dt.date(1958, 4, 12)
    with translation.override("en"):
        assert components.dated(day) == '<time datetime="1958-04-12">12.04.1958</time>'
        assert components.dated(day, "year") == '1958 <span class="alt">year only</span>'
        assert components.dated(day, "month") == '04.1958 <span class="alt">month only</span>'
        assert components.dated(None) == "–"


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "1,204,567.5"), ("sq", "1\u00a0204\u00a0567,5"), ("sr", "1.204.567,5"), ("sr-latn", "1.204.567,5")],
)
def test_numbers_by_language_and_dates_alike(language: str, written: str) -> None:
    with translation.override(language):
        assert components.number(1204567.5, 1) == written
        assert ">02.03.2026<" in components.dated(AT)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 second"), (20, "20 seconds"), (600, "10 minutes"), (3 * 3600, "3 hours")]
)
def test_time_left_in_words(seconds: float, words: str) -> None:
    with translation.override("en"):
        assert components.lasting(seconds) == words


def test_a_tag_needs_a_known_tone_and_escapes_its_word() -> None:
    assert components.tag("warn", "<late>") == '<span class="tag warn">&lt;late&gt;</span>'
    with pytest.raises(Exception, match="No tone"):
        components.tag("red", "late")


def test_progress_is_a_real_progress_bar() -> None:
    with translation.override("en"):
        shown = render("{% progress 64120 100000 1830.2 20.0 'Importing' %}")
    assert '<progress class="bar" max="100000" value="64120" aria-label="Importing">' in shown
    assert "64,120 of 100,000 · 1,830 a second · 20 seconds left" in shown


def test_a_table_tells_each_cell_its_column_and_keeps_its_roles() -> None:
    shown = render(
        "{% table_or_cards 'People' %}<thead><tr><th>Name</th><th class=\"r\">Next <b>due</b></th></tr></thead>"
        '<tbody><tr><td class="lead-cell">{{ name }}</td><td class="r">–</td></tr></tbody>{% end_table_or_cards %}',
        name="<Hoxha>",
    )
    assert '<table class="rows" role="table"><caption class="visually-hidden">People</caption>' in shown
    assert '<td class="lead-cell" data-label="Name" role="cell"><div>&lt;Hoxha&gt;</div></td>' in shown
    assert '<td data-dash class="r" data-label="Next due" role="cell"><div>–</div></td>' in shown
    assert shown.count('role="columnheader"') == 2


def test_a_field_ties_label_help_and_error_together() -> None:
    class Form(forms.Form):
        born = forms.DateField(label="Born", help_text="As in 31.12.1984")

    form = Form({"born": "31.02.1984"})
    shown = render("{% field form.born %}", form=form)
    assert '<label for="id_born">Born</label>' in shown
    assert 'aria-invalid="true"' in shown
    assert 'id="id_born_helptext"' in shown and 'id="id_born_error"' in shown
    described = shown.split('aria-describedby="')[1].split('"')[0].split()
    assert set(described) == {"id_born_helptext", "id_born_error"}


def test_every_code_of_the_policy_has_a_label() -> None:
    tables = {
        "role": rules.Role,
        "action": rules.Action,
        "scope": rules.ScopeKind,
        "field": codes.FieldClass,
        "sex": codes.Sex,
        "precision": codes.Precision,
        "script": codes.Script,
        "language": codes.Language,
    }
    for table, kind in tables.items():
        missing = [code for code in kind if code not in labels.TABLES[table]]
        assert not missing, f"{table}: {missing}"


@pytest.mark.django_db
class TestPaging:
    @pytest.fixture(autouse=True)
    def _seven(self) -> None:
        User.objects.bulk_create(
            User(username=f"u{n}", full_name="Arta" if n % 2 else "Blerim", created_at=AT) for n in range(7)
        )

    def walk(self, direction: str, key: str, by: list[str]) -> paging.Page:
        return paging.page(User.objects.all(), {direction: key} if key else {}, by=by, size=3)

    @pytest.mark.parametrize("by", [["username"], ["-full_name", "pk"], ["full_name", "-pk"], ["created_at", "pk"]])
    def test_forth_and_back_meets_everybody_once(self, by: list[str]) -> None:
        expected = [user.pk for user in User.objects.order_by(*by)]
        page = self.walk("", "", by)
        forth, turns = list(page.rows), [page]
        while page.next:
            page = self.walk("after", page.next, by)
            turns.append(page)
            forth += page.rows
        assert [user.pk for user in forth] == expected
        assert turns[0].previous == ""
        back = self.walk("before", turns[-1].previous, by)
        assert [user.pk for user in back.rows] == [user.pk for user in turns[-2].rows]
        first = self.walk("before", back.previous, by)
        assert [user.pk for user in first.rows] == expected[:3] and first.previous == ""

    def test_it_takes_one_query(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            assert len(self.walk("", "", ["username"]).rows) == 3

    @pytest.mark.parametrize("key", ["!!", "bm90IGpzb24", "WzEsMl0", "W251bGxd", "eyJhIjoxfQ", "WyJhIl0="])
    def test_a_damaged_key_is_an_error_or_a_value_never_a_crash(self, key: str) -> None:
        try:
            self.walk("after", key, ["username"])
        except errors.BadInput as error:
            assert "damaged" in error.english()

    def test_links_keep_the_filters(self) -> None:
        request = RequestFactory().get("/users/?role=keeper&after=abc")
        shown = Template("{% keyset page %}").render(Context({"request": request, "page": pages.Page([1], "xyz")}))
        assert 'href="?role=keeper&amp;after=xyz" rel="next"' in shown
        assert 'href="?role=keeper">' in shown
        assert paging.link(QueryDict("a=1&before=2"), "after", "k") == "?a=1&after=k"


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def words_in(node: ast.AST | None) -> set[str]:
    return (
        {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)} if node else set()
    )


def verbs_of_the_log() -> set[str]:
    """Every verb that some room writes into the log or the record of looks."""
    found: set[str] = set()
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or called(node) not in {
                "record",
                "_record",
                "Entry",
                "looked",
                "note_login",
            }:
                continue
            given = next((k.value for k in node.keywords if k.arg == "verb"), None)
            if given is None and called(node) == "Entry" and len(node.args) > 1:
                given = node.args[1]
            elif given is None and not (node.args and getattr(node.args[0], "id", "") == "verb"):
                given = next((a for a in node.args[:2] if isinstance(a, ast.Constant | ast.IfExp)), None)
            found |= words_in(given.body) | words_in(given.orelse) if isinstance(given, ast.IfExp) else words_in(given)
    return found


def test_every_verb_of_the_log_has_a_label() -> None:
    verbs = verbs_of_the_log()
    assert {"logged in", "registered", "glass broken", "load_areas", "shielded"} <= verbs
    assert sorted(verbs - set(labels.VERBS)) == []


def test_every_kind_of_job_has_a_label() -> None:
    from streha.cli.worker import KINDS

    assert sorted(set(KINDS) - set(labels.JOB_KINDS)) == []
