"""Labels, eIds, places, gaps and languages, by hand-made texts."""

from __future__ import annotations

import pytest

from streha.common.printed import Block, Cell, Flow
from streha.engine.law import document, labels, language, segment


def _eids(lang: str, *texts: str) -> list[tuple[str, str]]:
    found = segment.segment([Block(text) for text in texts], lang)
    return [(p.eid, p.text) for p in found.provisions]


def test_chapters_articles_paragraphs_and_points() -> None:
    found = segment.segment(
        [
            Block(text)
            for text in (
                "KREU II",
                "STREHIMI",
                "Neni 3",
                "Qëllimi",
                "1. Zyra mban:",
                "1.1. regjistrin;",
                "a) emrat;",
                "2. Tjetër.",
            )
        ],
        "sq",
    )
    assert [p.eid for p in found.provisions] == [
        "chp_II",
        "art_3",
        "art_3__para_1",
        "art_3__para_1__point_1",
        "art_3__para_1__point_1__point_a",
        "art_3__para_2",
    ]
    article = found.provisions[1]
    assert (article.heading, article.path) == ("Qëllimi", "KREU II / Neni 3")
    assert found.provisions[3].path == "KREU II / Neni 3 / 1. / 1.1."


def test_an_unnumbered_paragraph_counts_by_its_place() -> None:
    assert _eids("en", "Article 5", "It is so.", "It is also so.")[1:] == [
        ("art_5__para_1", "It is so."),
        ("art_5__para_2", "It is also so."),
    ]


def test_numbers_under_an_unnumbered_opening_are_its_points() -> None:
    assert [eid for eid, _ in _eids("en", "Article 2", "This applies to:", "1. persons;", "2. families.")] == [
        "art_2",
        "art_2__para_1",
        "art_2__para_1__point_1",
        "art_2__para_1__point_2",
    ]


def test_cyrillic_and_albanian_letters_name_the_same_points() -> None:
    cyrillic = _eids("sr-Cyrl", "Члан 1", "1. Води:", "а) једно;", "б) друго;", "в) треће;", "г) четврто.")
    albanian = _eids("sq", "Neni 1", "1. Mban:", "a) një;", "b) dy;", "c) tri;", "ç) katër.")
    assert [eid for eid, _ in cyrillic] == [eid for eid, _ in albanian]
    assert cyrillic[-1][0] == "art_1__para_1__point_d"


def test_a_reference_at_the_start_of_a_paragraph_is_no_article() -> None:
    eids = [eid for eid, _ in _eids("en", "Article 4", "1. As said.", "Article 2 of this Law applies to shelters.")]
    assert eids == ["art_4", "art_4__para_1", "art_4__para_2"]


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("Neni 12", labels.Kind.ARTICLE, "12"),
        ("Члан 7", labels.Kind.ARTICLE, "7"),
        ("ČLAN 7.", labels.Kind.ARTICLE, "7"),
        ("Clan 7", labels.Kind.ARTICLE, "7"),
        ("Article 3a", labels.Kind.ARTICLE, "3a"),
        ("ПОГЛАВЉЕ IV", labels.Kind.CHAPTER, "IV"),
        ("Chapter 4", labels.Kind.CHAPTER, "IV"),
        ("KREU I", labels.Kind.CHAPTER, "I"),
        ("III POGLAVLJE", labels.Kind.CHAPTER, "III"),
        ("Article 5 – Purpose", labels.Kind.ARTICLE, "5"),
    ],
)
def test_labels(text: str, kind: labels.Kind, key: str) -> None:
    label = labels.container(text)
    assert label is not None
    assert (label.kind, label.key) == (kind, key)


@pytest.mark.parametrize(
    "text",
    ["Neni 5 i këtij ligji", "Article 5, paragraph 2", "Part of the costs", "Član 5 ovog zakona", "Deo troškova"],
)
def test_no_labels(text: str) -> None:
    assert labels.container(text) is None


@pytest.mark.parametrize("text", ["15. maj 2019", "01.02.2019. godine"])
def test_dates_are_no_numbers(text: str) -> None:
    assert labels.item(text) is None


def _three(sq: list[str], en: list[str]) -> document.Document:
    return document.from_flow(
        Flow(tuple([Block(text, lang="sq") for text in sq] + [Block(text, lang="en") for text in en]))
    )


SQ = [
    "Neni 1",
    "Qëllimi",
    "1. Zyra mban regjistrin e familjeve për 15 ditë.",
    "2. Kjo është për të gjithë.",
    "Neni 2",
    "Ankesa",
    "Ankesa bëhet me shkrim nga familja.",
]
EN = [
    "Article 1",
    "Purpose",
    "1. The office keeps the register of the families for 15 days.",
    "2. This is for all of them.",
    "Article 2",
    "Appeal",
    "The appeal is made in writing by the family.",
]


def test_languages_that_agree_have_no_findings() -> None:
    read = _three(SQ, EN)
    assert read.languages == ("sq", "en")
    assert read.findings == ()
    assert read.coverage == 1.0


def test_a_missing_paragraph_is_found_with_eid_and_language() -> None:
    read = _three(SQ, [text for text in EN if not text.startswith("2.")])
    assert [(f.kind, f.eid, f.lang) for f in read.findings] == [("missing_counterpart", "art_1__para_2", "en")]


def test_a_missing_article_is_told_once_with_its_gap() -> None:
    sq = [*SQ, "Neni 3", "Fundi", "Hyn në fuqi sot për të gjithë."]
    en = [*EN[:4], "Article 3", "End", "It enters into force today for all."]
    read = _three(sq, en)
    assert {(f.kind, f.eid, f.lang) for f in read.findings} == {
        ("missing_counterpart", "art_2", "en"),
        ("number_gap", "art_2", "en"),
    }
    assert any("art_2" in warning for warning in read.warnings)


def test_other_numbers_and_a_missing_title_are_found() -> None:
    en = [text.replace("15 days", "10 days") for text in EN if text != "Appeal"]
    kinds = {(f.kind, f.eid) for f in _three(SQ, en).findings}
    assert ("numbers_differ", "art_1__para_1") in kinds
    assert ("heading_missing", "art_2") in kinds


def test_a_number_printed_twice_keeps_both_and_says_so() -> None:
    found = segment.segment([Block(text) for text in ("Article 1", "1. One.", "1. Two.")], "en")
    assert [p.eid for p in found.provisions] == ["art_1", "art_1__para_1", "art_1__para_1-2"]
    assert [gap.kind for gap in found.gaps] == ["duplicate_number"]


def test_a_plan_counts_paragraphs_by_place_and_rows_of_tables() -> None:
    cells = [
        Block(text, cell=Cell(1, row, column, 2, header=row == 1))
        for row, texts in enumerate((("Activity", "Deadline"), ("Train staff", "2027"), ("Build shelter", "2028")), 1)
        for column, text in enumerate(texts, 1)
    ]
    blocks = [Block("3. Measures", level=1), Block("3.1 Shelter", level=2), Block("First."), Block("Second."), *cells]
    found = {p.eid: p for p in segment.segment(blocks, "en").provisions}
    assert list(found) == [
        "sec_3",
        "sec_3__subsec_1",
        "sec_3__subsec_1__para_1",
        "sec_3__subsec_1__para_2",
        "table_1",
        "table_1__row_1",
        "table_1__row_2",
    ]
    assert found["table_1"].heading == "Activity | Deadline"
    assert found["table_1__row_2"].text == "Build shelter | 2028"


def test_signatures_are_no_paragraphs() -> None:
    eids = [
        eid for eid, _ in _eids("en", "Article 9", "It enters into force.", "Prime Minister", "Prishtina, 12.03.2026")
    ]
    assert eids == ["art_9", "art_9__para_1", "conclusions__p_1", "conclusions__p_2"]


def test_scripts_mixed_in_a_word_are_mended_for_the_index_only() -> None:
    mixed = "рaсељенa"  # two Latin a
    assert language.unmix(mixed) == ("расељена", 1)
    assert language.latin("Његош, ЊИВА, Љубав") == "Njegoš, NJIVA, Ljubav"


def test_right_to_left_text_is_recognised() -> None:
    assert language.is_right_to_left("هذا القانون ينظم المساعدة")
    assert not language.is_right_to_left("This law governs assistance")
