"""Our SQL weighs like Splink, like the comparison in plain Python, and finds the demo's doubles."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from streha.common.errors import BadInput
from streha.engine import linkage
from streha.engine.linkage import Column, Company, Kind, Spec, Spelling, features, learning, levels, scoring

ENGLISH = pl.DataFrame(
    {
        "first": ["Robert", "Rob", "Robert", "Mary", "Marie", "allen", "Ann", None, "Zoë", "Zoe"],
        "last": ["Allen", "Allen", "Alen", "Jones", "Jones", "robert", "Lee", "Lee", "O'Neil", "O Neil"],
        "born": [
            "1971-06-24",
            "1971-06-24",
            "1971-24-06",
            "1980",
            "1980-03-01",
            "24.6.1971",
            "",
            "19800301",
            "1",
            None,
        ],
        "town": ["London", "Lonon", "London", "Leeds", "Leeds", "London", "", "Leeds", "York", "York"],
        "mail": ["r@x.net", "r@x.net", None, "m@x.net", "m@x.nte", "r@x.net", "", "l@x.net", "z@x.net", "z@x.net"],
        "tax": ["A-12 345", "A12345", "A12354", "B1", "B1", "A12345", "", "C9", "D77", "d 77"],
        "sex": ["m", "male", "M", "f", "F", "1", "", "f", "ž", "ж"],
    }
)
PLAIN = Spec(
    (
        Column("first", Kind.GIVEN),
        Column("last", Kind.FAMILY),
        Column("born", Kind.DATE),
        Column("town", Kind.PLACE),
        Column("mail", Kind.TEXT),
        Column("tax", Kind.IDENTIFIER),
        Column("sex", Kind.SEX),
    ),
    Spelling.PLAIN,
    (("last:key",), ("born:year",), ("town:key",), ("mail:value",), ("tax:value",), ("first:head", "sex:value")),
)


def by_splink(frame: pl.DataFrame, model: linkage.Model, rows: int) -> pl.DataFrame:
    """Splink's own prediction with the model's weights: row_l, row_r, match_probability."""
    frequencies = {one.column: one.frequencies for one in model.comparisons}
    weights = {at: one.levels for at, one in enumerate(model.comparisons)}
    chosen = learning.settings(model.spec, frequencies, weights)
    chance = 2 * model.duplicates / (rows - 1)
    chosen["probability_two_random_records_match"] = chance
    with scoring.database() as connection:
        linker = learning.linker_of(connection, frame, chosen)
        for at, column in enumerate(model.spec.columns):
            found = model.comparison(column.name).frequencies
            if found is None:
                continue
            part = features.label(at, levels.FREQUENCY_PART[column.kind])
            values = frame[part].drop_nulls().unique().to_list()
            table = pl.DataFrame({part: values, f"tf_{part}": [found.of(value) for value in values]}).to_arrow()
            connection.register(f"shares_{part}", table)
            registered = linker._db_api.register(f"shares_{part}")
            linker.table_management.register_term_frequency_lookup(registered, part)
        predicted = linker.inference.predict(threshold_match_weight=-1_000)
        return predicted.as_duckdbpyrelation().pl()


def compared(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """The same pairs side by side, whichever row each calls left."""
    low, high = pl.min_horizontal("row_l", "row_r"), pl.max_horizontal("row_l", "row_r")
    theirs = theirs.select(low.cast(pl.Int64).alias("left"), high.cast(pl.Int64).alias("right"), "match_probability")
    both = ours.join(theirs, on=["left", "right"], how="full", coalesce=True)
    assert ours.height == theirs.height == both.height, "not the same pairs"
    return both.with_columns(apart=(pl.col("probability") - pl.col("match_probability")).abs())


def test_every_pair_weighs_as_splink_says(demo: pl.DataFrame, register: linkage.Model) -> None:
    wide = replace(register.spec, blocking=(("family:key", "sex:value"), ("birth_date:either",), ("phone:value",)))
    model = replace(register, spec=wide)
    ours = linkage.score(demo, model, 0.0)
    frame = linkage.of_frame(demo, wide).with_row_index("row")
    both = compared(ours, by_splink(frame, model, demo.height))
    assert both.height > 500
    assert both["apart"].max() < 1e-6  # type: ignore[operator]
    assert both["probability"].is_between(0.01, 0.99).sum() > 10, "some doubtful pairs, or the test says little"


def test_every_pair_of_english_names_weighs_as_splink_says() -> None:
    model = linkage.learn(ENGLISH, PLAIN, 1, source="test", date="2026-11-22")
    ours = linkage.score(ENGLISH, model, 0.0)
    frame = linkage.of_frame(ENGLISH, PLAIN).with_row_index("row")
    both = compared(ours, by_splink(frame, model, ENGLISH.height))
    assert both.height > 10
    assert both["apart"].max() < 1e-6  # type: ignore[operator]


@pytest.mark.parametrize("threshold", [0.0, 0.9])
def test_comparing_two_records_gives_the_figure_of_the_whole_list(
    demo: pl.DataFrame, register: linkage.Model, threshold: float
) -> None:
    pairs = linkage.score(demo, register, threshold)
    records = as_records(demo, register)
    for pair in pairs.sample(min(300, pairs.height), seed=1).iter_rows(named=True):
        one, other = records[pair["left"]], records[pair["right"]]
        found = linkage.compare(one, other, register, rows=demo.height)
        assert found == linkage.compare(other, one, register, rows=demo.height)
        assert found.probability == pytest.approx(pair["probability"], abs=1e-9)
        assert found.bits == pytest.approx(pair["bits"], abs=1e-6)
        assert {f"level: {field.column}": field.level for field in found.fields}.items() <= pair.items()


def as_records(demo: pl.DataFrame, model: linkage.Model) -> list[dict[str, object]]:
    """Rows as the live check has them: a household is who else lives there."""
    rows = demo.to_dicts()
    homes: dict[str, set[str]] = {}
    for row in rows:
        if row["household"] and (key := linkage.member_key(row, model.spec)):
            homes.setdefault(row["household"], set()).add(key)
    for row in rows:
        home, own = row["household"], linkage.member_key(row, model.spec)
        row["household"] = Company(tuple(homes.get(home, set()) - {own}), home)
    return rows


def test_the_demo_is_found_surely_and_nearly_wholly(demo: pl.DataFrame, register: linkage.Model) -> None:
    pairs = linkage.score(demo, register, register.thresholds.certain)
    person = demo["person"].to_list()
    hits = sum(person[left] == person[right] for left, right in pairs.select("left", "right").iter_rows())
    sizes = demo["person"].value_counts()["count"]
    true = int((sizes * (sizes - 1) // 2).sum())
    assert true > 60
    assert hits / pairs.height >= 0.97
    assert hits / true >= 0.93


def test_order_of_rows_changes_nothing(demo: pl.DataFrame, register: linkage.Model) -> None:
    turned = demo.reverse()
    one = linkage.score(demo, register, 0.5, key="record")
    other = linkage.score(turned, register, 0.5, key="record")

    def unordered(pairs: pl.DataFrame) -> dict[frozenset[str], float]:
        return {frozenset((a, b)): p for a, b, p in pairs.select("left", "right", "probability").iter_rows()}

    first, second = unordered(one), unordered(other)
    assert first.keys() == second.keys()
    assert all(first[pair] == pytest.approx(second[pair], abs=1e-12) for pair in first)


def test_a_column_that_is_not_there_is_named(register: linkage.Model) -> None:
    with pytest.raises(BadInput, match="There is no column given"):
        linkage.score(pl.DataFrame({"a": ["1"]}), register)


def test_keys_must_tell_rows_apart(demo: pl.DataFrame, register: linkage.Model) -> None:
    with pytest.raises(BadInput, match="stands twice in sex"):
        linkage.score(demo.head(5).with_columns(sex=pl.lit("m")), register, key="sex")
    with pytest.raises(BadInput, match="Row 2 has nothing in k"):
        linkage.score(demo.head(2).with_columns(k=pl.Series(["a", None])), register, key="k")


def test_an_empty_list_has_no_pairs(demo: pl.DataFrame, register: linkage.Model) -> None:
    pairs = linkage.score(demo.head(0), register)
    assert pairs.height == 0
    assert linkage.clusters(pairs, 0.5).height == 0


def test_known_rows_are_held_against_the_rest_and_nothing_else(demo: pl.DataFrame, register: linkage.Model) -> None:
    half = demo.height // 2
    frame = linkage.of_frame(demo, register.spec).with_row_index("row")
    every = linkage.score_features(frame, register, 0.5)
    across = linkage.score_features(frame, register, 0.5, among=linkage.Among(known=half))
    assert across.height
    assert across.equals(every.filter((pl.col("left") < half) & (pl.col("right") >= half)))
    many = linkage.score_features(frame, register, 0.5, among=linkage.Among(rows=1_000_000))
    assert 0 < many.height < every.height


def test_what_a_crowd_shares_brings_nobody_together_who_meets_in_nothing_else(
    demo: pl.DataFrame, register: linkage.Model
) -> None:
    quiet = demo.with_columns(phone=pl.lit(""))
    crowd = demo.with_columns(phone=pl.lit("+38344000000"))  # the phone of the office that wrote the list
    assert demo.height > scoring.CROWD
    frame = linkage.of_frame(crowd, register.spec).with_row_index("row")
    found = linkage.score_features(frame, register, 0.5)
    met = linkage.score_features(linkage.of_frame(quiet, register.spec).with_row_index("row"), register, 1e-9)
    pairs = set(met.select("left", "right").iter_rows())
    assert found.height and set(found.select("left", "right").iter_rows()) <= pairs


@pytest.mark.parametrize("kind", [Kind.IDENTIFIER, Kind.PHONE])
def test_numbers_of_a_list_are_prepared_as_one_number_is(kind: Kind) -> None:
    written = [
        "", " ", "7", "12", "A-12 345", "ђ 77/ж", "straße_9", "+383 44 123 456", "044/123-456", "００４４", "½ 3", "--",
        "a.b_c",
    ]  # fmt: skip
    spec = Spec((Column("number", kind),), Spelling.PLAIN, (("number:value",),))
    frame = linkage.of_frame(pl.DataFrame({"number": written}), spec)
    assert frame.to_dicts() == [features.of_record({"number": value}, spec) for value in written]
