"""Published tables, worked examples, refusals: what disclosure control says of given figures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from streha.common import errors
from streha.engine.disclosure import (
    attack,
    dimensions,
    releases,
    rounding,
    sensitivity,
    shares,
    suppression,
    systems,
    tables,
)
from streha.engine.disclosure.releases import Figure, Treatment

SEX = dimensions.flat("sex", ["f", "m"])
AGE = dimensions.flat("age", ["young", "middle", "old"])
AREA = dimensions.tree("area", {"north": "total", "south": "total", "n1": "north", "n2": "north", "s1": "south"})


def key(population="people", **codes):
    return (population, tuple(sorted(codes.items())))


def places(system, *cells):
    return [system.places[key(**cell)] for cell in cells]


# --- attack


def test_the_attack_of_fischetti_and_salazar():
    """Their first table: investments by activity and region; four hidden cells leave (II, C) between 5 and 30."""
    activity, region = dimensions.flat("activity", ["I", "II", "III"]), dimensions.flat("region", ["A", "B", "C"])
    table = tables.of_amounts("people", [activity, region], np.array([[20.0, 50, 10], [8, 19, 22], [17, 32, 12]]))
    system = systems.of_tables(table)
    hidden = np.zeros(len(system), bool)
    cells = [{"activity": a, "region": r} for a in ("II", "III") for r in ("A", "C")]
    hidden[places(system, *cells)] = True
    found = attack.intervals(system, hidden, places(system, {"activity": "II", "region": "C"}))
    assert (found.low[0], found.high[0]) == (5, 30)


def test_whole_numbers_are_known_to_the_attacker():
    """Twice a hidden cell and a hidden one make 3: in fractions the first reaches 1.5, among whole tables 1."""
    import scipy.sparse

    system = systems.of_tables(tables.of_counts("people", [SEX], np.array([1, 1])))
    system = dataclasses.replace(
        system,
        relations=scipy.sparse.csr_array(np.array([[1.0, -2.0, -1.0]])),
        values=np.array([3.0, 1, 1]),
    )
    hidden = np.array([False, True, True])
    found = attack.intervals(system, hidden, [1, 2])
    assert found.high.tolist() == [1, 3]
    assert found.low.tolist() == [0, 1]
    in_fractions = attack.intervals(dataclasses.replace(system, whole=False), hidden, [1, 2])
    assert in_fractions.high.tolist() == [1.5, 3]


def test_what_nothing_bounds_is_infinite():
    system = systems.of_tables(tables.of_counts("people", [SEX], np.array([2, 9])))
    found = attack.intervals(system, np.ones(3, bool), range(3))
    assert found.high.tolist() == [np.inf] * 3
    assert found.low.tolist() == [0, 0, 0]


# --- suppression


def test_one_small_cell_needs_three_more():
    """The worked table of the manual."""
    table = tables.of_counts("people", [AGE, SEX], np.array([[3, 9], [12, 15], [8, 20]]))
    system = systems.of_tables(table)
    solved = suppression.solve(system, sensitivity.threshold(system, 5))
    shown = [f"{system.keys[place][1]}" for place in np.flatnonzero(solved.hidden)]
    assert len(shown) == 4
    assert solved.is_optimal
    assert solved.secondary.sum() == 3
    assert set(np.flatnonzero(solved.hidden)) == set(
        places(
            system,
            {"age": "young", "sex": "f"},
            {"age": "young", "sex": "m"},
            {"age": "old", "sex": "f"},
            {"age": "old", "sex": "m"},
        )
    ) or solved.cost < 1 + np.log1p(9) + 2 + np.log1p(8) + 1 + np.log1p(20)


def test_zeros_by_nature_are_no_cover():
    structural = np.zeros((3, 2), bool)
    structural[0, 1] = True
    table = tables.of_counts("people", [AGE, SEX], np.array([[7, 0], [3, 15], [8, 20]]), structural=structural)
    system = systems.of_tables(table)
    solved = suppression.solve(system, sensitivity.threshold(system, 5))
    assert not solved.hidden[places(system, {"age": "young", "sex": "m"})].any()
    found = attack.intervals(system, solved.hidden, places(system, {"age": "middle", "sex": "f"}))
    assert found.high[0] - found.low[0] >= 5


def test_nobody_may_tell_of_everybody():
    """None of seven applicants was chosen: with telling zeros the seven are not told it."""
    outcome = dimensions.flat("outcome", ["yes", "no"])
    system = systems.of_tables(tables.of_counts("people", [SEX, outcome], np.array([[0, 7], [9, 12]])))
    safe = suppression.solve(system, sensitivity.threshold(system, 5))
    assert not safe.hidden.any()
    demand = sensitivity.threshold(system, 5, zeros=sensitivity.Zeros.TELLING)
    solved = suppression.solve(system, demand)
    found = attack.intervals(system, solved.hidden, places(system, {"sex": "f", "outcome": "yes"}))
    assert found.high[0] >= 5


def test_a_wider_protection_costs_no_less():
    system = systems.of_tables(tables.of_counts("people", [AREA, AGE], np.random.default_rng(3).poisson(8, (3, 3))))
    costs = [suppression.solve(system, sensitivity.threshold(system, 5, width=width)).cost for width in (2, 5, 10, 20)]
    assert costs == sorted(costs)


def test_what_is_out_cannot_cover_and_the_cell_is_named():
    system = systems.of_tables(tables.of_counts("people", [SEX], np.array([2, 9])))
    known = systems.with_known(system, [key(), key(sex="m")])
    with pytest.raises(errors.BadInput, match="sex=f: 2 cannot be protected"):
        suppression.solve(known, sensitivity.threshold(known, 5))
    with pytest.raises(errors.BadInput, match="sex=f: 2 is too small to be told, but it was printed"):
        sensitivity.threshold(systems.with_known(system, [key(sex="f")]), 5)


def test_a_false_certificate_is_refused():
    system = systems.of_tables(tables.of_counts("people", [AGE, SEX], np.array([[3, 9], [12, 15], [8, 20]])))
    demand = sensitivity.threshold(system, 5)
    solved = suppression.solve(system, demand)
    shown_again = dataclasses.replace(solved, hidden=demand.sensitive)
    with pytest.raises(errors.StrehaError, match="not shown to be safe"):
        suppression.certify(system, demand, shown_again)
    idle = dataclasses.replace(solved, up=np.full_like(solved.up, -1))
    with pytest.raises(errors.StrehaError, match="sex=f is not shown to be safe"):
        suppression.certify(system, demand, idle)


# --- amounts


def test_the_second_largest_may_not_estimate_the_largest():
    """Contributions 90, 8, 2: the second knows the largest to within 2; 10 % would be 9, so 7 are missing."""
    leaves = np.array([[0], [0], [0], [1], [1], [1]])
    amounts = np.array([90.0, 8, 2, 40, 35, 30])
    largest, second = sensitivity.largest_two([SEX], leaves, amounts)
    assert largest.tolist() == [90, 90, 40]
    assert second.tolist() == [40, 8, 35]
    system = systems.of_tables(tables.of_amounts("people", [SEX], np.array([100.0, 105])))
    demand = sensitivity.p_percent(system, largest, second, 10)
    assert demand.sensitive.tolist() == [False, True, False]
    assert demand.above[1] == pytest.approx(7)
    solved = suppression.solve(system, demand)
    found = attack.intervals(system, solved.hidden, [1])
    assert found.low[0] <= 93
    assert found.high[0] >= 107


def test_two_demands_hold_together():
    system = systems.of_tables(tables.of_counts("people", [SEX], np.array([2, 4])))
    joined = sensitivity.both(sensitivity.threshold(system, 3), sensitivity.threshold(system, 5, width=9))
    assert joined.sensitive.tolist() == [False, True, True]
    assert joined.width.tolist() == [0, 9, 9]


# --- rounding


@pytest.mark.parametrize("seed", range(4))
def test_rounded_tables_add_up(seed):
    rng = np.random.default_rng(seed)
    system = systems.of_tables(tables.of_counts("people", [AREA, SEX, AGE], rng.poisson(6, (3, 2, 3))))
    found = rounding.controlled(system, 5, rng=rng)
    assert found.method is rounding.Method.NEIGHBOURS
    assert np.abs(system.relations @ found.values).max() == 0
    assert not (found.values % 5).any()
    assert np.abs(found.values - system.values).max() < 5
    exact = system.values % 5 == 0
    assert (found.values == system.values)[exact].all()


def test_either_neighbour_may_be_printed():
    """So the whole window is open to whoever sees the figure, and the mean stays near the true one."""
    system = systems.of_tables(tables.of_counts("people", [AGE], np.array([1, 4, 7])))
    rng = np.random.default_rng(7)
    drawn = np.array([rounding.controlled(system, 5, rng=rng).values for _ in range(60)])
    assert [sorted(set(column)) for column in drawn.T] == [[10, 15], [0, 5], [0, 5], [5, 10]]
    assert np.abs(drawn.mean(axis=0) - system.values).max() < 1.25


def test_rounding_is_held_against_the_demand():
    system = systems.of_tables(tables.of_counts("people", [AGE, SEX], np.array([[3, 9], [12, 15], [8, 20]])))
    demand = sensitivity.threshold(system, 5, width=4)
    release = releases.rounded(system, demand, 5, rng=np.random.default_rng(1))
    figure = release.figure(key(age="young", sex="f"))
    assert figure.treatment is Treatment.ROUNDED
    assert figure.value in {0, 5}
    assert figure.reason.format(**figure.details).startswith("Rounded to a multiple of 5")
    wide = sensitivity.threshold(system, 5, width=12)
    with pytest.raises(errors.BadInput, match="rounding to 5 tells it too closely"):
        releases.rounded(system, wide, 5, rng=np.random.default_rng(1))


def test_figures_that_are_out_are_not_rounded():
    system = systems.of_tables(tables.of_counts("people", [SEX], np.array([7, 9])))
    with pytest.raises(errors.BadInput, match="sex=f: 7 was printed before and is no multiple of 5"):
        rounding.controlled(systems.with_known(system, [key(sex="f")]), 5, rng=np.random.default_rng(1))


# --- what a page shows


def test_a_page_has_a_figure_and_its_reason():
    table = tables.of_counts("people", [AGE, SEX], np.array([[3, 9], [12, 15], [8, 20]]))
    system = systems.of_tables(table)
    release = releases.suppressed(system, sensitivity.threshold(system, 5))
    total = release.figure(key())
    assert (total.first_line, total.reason) == ("67", "As counted.")
    small = release.figure(key(age="young", sex="f"))
    cover = next(f for f, s in zip(release.figures, release.pattern.secondary, strict=True) if s)
    assert small == cover, "a small cell and one that covers it look the same"
    assert small.first_line == "suppressed"
    assert len(release.of(table)) == 12
    with pytest.raises(errors.BadInput, match="sex=x is not part of this release"):
        release.figure(key(sex="x"))


def test_cells_that_are_not_printed_have_no_figure():
    counts = np.array([[[6, 7], [8, 9]], [[6, 9], [7, 8]], [[9, 9], [9, 9]]])
    outcome = dimensions.flat("outcome", ["yes", "no"])
    table = tables.of_counts("people", [AGE, SEX, outcome], counts, shown=[("age", "sex"), ("outcome",)])
    system = systems.of_tables(table)
    release = releases.suppressed(system, sensitivity.threshold(system, 5))
    assert release.figure(key(outcome="yes")).value == counts[:, :, 0].sum()
    with pytest.raises(errors.BadInput):
        release.figure(key(age="old", outcome="yes"))


# --- linked tables


def test_tables_share_their_cells():
    by_sex = tables.of_counts("people", [AREA, SEX], np.array([[5, 6], [7, 8], [9, 10]]))
    by_age = tables.of_counts("people", [AGE, AREA], np.array([[3, 5, 6], [4, 4, 6], [4, 6, 7]]))
    system = systems.of_tables(by_sex, by_age)
    assert len(system) == 6 * 3 + 6 * 4 - 6  # the margin by area, with its total, is in both
    release = releases.suppressed(system, sensitivity.threshold(system, 5))
    place = [f.value for f, k in zip(release.of(by_sex), by_sex.keys, strict=True) if k == key(area="n1")]
    other = [f.value for f, k in zip(release.of(by_age), by_age.keys, strict=True) if k == key(area="n1")]
    assert place == other


def test_tables_that_disagree_are_refused():
    one = tables.of_counts("people", [SEX], np.array([5, 6]))
    two = tables.of_counts("people", [SEX, AGE], np.array([[5, 1, 0], [2, 2, 2]]))
    with pytest.raises(errors.BadInput, match="people: total: one table says 11, another 12"):
        systems.of_tables(one, two)


# --- two releases


def test_one_who_joins_is_not_told():
    before = systems.of_tables(tables.of_counts("people", [AGE], np.array([12, 15, 20])))
    first = releases.suppressed(before, sensitivity.threshold(before, 5))
    assert first.printed.all()
    now = systems.of_tables(tables.of_counts("people", [AGE], np.array([13, 15, 20])))
    alone = releases.suppressed(now, sensitivity.threshold(now, 5))
    assert alone.figure(key(age="young")).value == 13, "by itself the new table hides nothing"
    system = systems.after(first.as_earlier(), now, who_left=False)
    second = releases.suppressed(system, sensitivity.threshold(system, 5))
    assert second.figure(key(age="young")).treatment is Treatment.SUPPRESSED
    assert second.figure(key()).treatment is Treatment.SUPPRESSED


def test_a_shrinking_count_must_be_said():
    before = systems.of_tables(tables.of_counts("people", [AGE], np.array([12, 15, 20])))
    now = systems.of_tables(tables.of_counts("people", [AGE], np.array([11, 15, 20])))
    earlier = systems.Earlier(before, np.ones(len(before), bool))
    with pytest.raises(errors.BadInput, match="people: total: 46 now, 47 before"):
        systems.after(earlier, now, who_left=False)
    system = systems.after(earlier, now, who_left=True)
    solved = suppression.solve(system, sensitivity.threshold(system, 5))
    assert solved.hidden[places(system, {}, {"age": "young"})].all()


# --- refusals name the first offender


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: tables.of_counts("people", [AGE, SEX], [[1, 2], [3, -4], [-5, 6]]), "age=middle, sex=m: -4 is below"),
        (lambda: tables.of_counts("people", [SEX], [1.5, 2]), "sex=f: 1.5 is not a count"),
        (lambda: tables.of_counts("people", [SEX], [np.nan, 2]), "sex=f: nan is not a number"),
        (lambda: tables.of_counts("people", [SEX], [1, 2, 3]), "shape 3 was given, 2 is needed"),
        (
            lambda: tables.of_all_cells("people", [SEX], [10, 4, 5]),
            "sex=total: the margin says 10, its parts add up to 9",
        ),
        (lambda: dimensions.tree("area", {"a": "total", "b": "east"}), "area: b lies in east, which is no code"),
        (lambda: dimensions.tree("area", {"a": "b", "b": "a"}), "area: a lies in itself"),
        (lambda: dimensions.tree("area", {"total": "a", "a": "total"}), "total is the total and cannot lie in a"),
        (lambda: dimensions.flat("sex", ["f", "f"]), "sex: f occurs twice"),
        (lambda: dimensions.flat("sex", []), "sex: there is no code"),
        (lambda: tables.of_counts("people", [SEX, SEX], [[1, 2], [3, 4]]), "Dimension sex occurs twice"),
        (lambda: tables.of_counts("people", [], []), "0 dimensions was given"),
        (
            lambda: tables.of_counts("people", [SEX], [1, 2], shown=[("age",)]),
            "age is to be shown, but is no dimension",
        ),
        (
            lambda: tables.of_counts("people", [SEX], [1, 2], structural=np.array([True, False])),
            "sex=f: 1 was counted where nobody can be",
        ),
        (systems.of_tables, "No table was given"),
        (lambda: shares.wilson(3, 2), "3 of 2 is no share"),
        (lambda: shares.wilson(1, 2, confidence=95), "Confidence 95 is not between"),
    ],
)
def test_refusals_name_the_first_offender(make, says):
    with pytest.raises(errors.BadInput) as refused:
        make()
    assert says in str(refused.value)


def test_thresholds_and_bases_have_a_least():
    system = systems.of_tables(tables.of_counts("people", [SEX], np.array([2, 9])))
    with pytest.raises(errors.BadInput, match="threshold: 1 was given, at least 2"):
        sensitivity.threshold(system, 1)
    with pytest.raises(errors.BadInput, match="base: 1 was given"):
        rounding.controlled(system, 1, rng=np.random.default_rng(1))


# --- shares


@pytest.mark.parametrize(
    ("having", "of", "low", "high"),  # Newcombe 1998a, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(having, of, low, high):
    found = shares.wilson(having, of)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),  # Newcombe 1998b, table II, method 10
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_as_published(one, other, low, high):
    found = shares.newcombe(*one, *other)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_a_share_is_reckoned_from_what_is_printed():
    shown, hidden = Figure(Treatment.PUBLISHED, 30.0), Figure(Treatment.SUPPRESSED, None)
    share = shares.of_group(Figure(Treatment.PUBLISHED, 12.0), shown)
    assert share.interval is not None
    assert share.interval.value == pytest.approx(0.4)
    assert shares.of_group(hidden, shown).interval is None
    assert shares.of_group(shown, hidden).treatment is Treatment.SUPPRESSED
    rounded = shares.of_group(Figure(Treatment.ROUNDED, 15.0, 5), Figure(Treatment.ROUNDED, 10.0, 5))
    assert rounded.interval is not None
    assert rounded.interval.value == 1
    assert rounded.reason.format(**rounded.details).startswith("Rounded to a multiple of 5")
    assert shares.of_group(Figure(Treatment.PUBLISHED, 0.0), Figure(Treatment.PUBLISHED, 0.0)).reason == shares.NOBODY


def test_a_difference_needs_all_four_figures():
    a, b = Figure(Treatment.PUBLISHED, 56.0), Figure(Treatment.PUBLISHED, 70.0)
    c, d = Figure(Treatment.PUBLISHED, 48.0), Figure(Treatment.PUBLISHED, 80.0)
    found = shares.between(a, b, c, d)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(0.0524, abs=5e-5)
    assert shares.between(a, b, c, Figure(Treatment.SUPPRESSED, None)).interval is None
    nobody = Figure(Treatment.PUBLISHED, 0.0)
    assert shares.between(a, b, nobody, nobody).reason == shares.NOBODY
