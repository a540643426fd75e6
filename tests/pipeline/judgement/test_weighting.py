"""Totals by hand, by the seed's worked examples, and by properties that must hold for any card."""

from decimal import Decimal
from fractions import Fraction

import pytest
from builders import a_rubric, confirmed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.rubric import Rule
from pipeline import rubrics
from pipeline.judgement.decide import applies_to, decide
from pipeline.judgement.weighting import rounded, weigh


@pytest.mark.parametrize(("name", "total"), [("Great", "5.00"), ("Good", "3.00"), ("No-Fit", "1.00")])
def test_worked_examples_of_the_seed_come_out_exactly(name, total):
    rubric = rubrics.load("senior-csm")
    example = next(e for e in rubric.examples if name in e.name)
    card = confirmed(rubric, {c: s.score for c, s in example.scores.items()})
    result = decide(rubric, card)
    assert result.total.total == Decimal(total)
    two_fours = next(r for r in result.rules if r.kind == "count_at_least")
    assert two_fours.state == ("met" if name == "Great" else "not met")


def test_hand_checked_card_with_must_haves_and_a_null():
    """0.20*4 + 0.20*2 + 0.15*5 + 0.15*3 + 0.10*4 + 0.10*3 + 0.05*1 = 3.15 over 0.95 of the weight = 3.3158 -> 3.32."""
    rubric = rubrics.load("csm-2-5y")
    ids = [c.id for c in rubric.competencies]
    levels = dict(zip(ids, [4, 2, 5, 3, 4, 3, 1, None], strict=True))
    blocked = decide(rubric.model_copy(update={"missing": "block"}), confirmed(rubric, levels))
    assert blocked.total.total is None
    assert blocked.total.missing == (ids[7],)
    assert "No total" in blocked.total.arithmetic
    loose = rubric.model_copy(update={"missing": "renormalise"})
    result = decide(loose, confirmed(loose, levels))
    assert result.total.total == Decimal("3.32")
    assert result.total.renormalised
    assert "left out" in result.total.arithmetic
    assert sum(line.used for line in result.total.lines if line.used is not None) == pytest.approx(
        100, abs=Decimal("0.001")
    )
    states = {r.competency: r.state for r in result.rules if r.kind == "must_have"}
    assert [states[i] for i in ids[:3]] == ["met", "not met", "met"]
    assert result.outcome == "disqualified"


def test_average_goes_over_raters_then_over_rounds():
    """Round one gives (4+5)/2 = 4.5, round two 3: 3.75, not the mean of all three (4.0)."""
    rubric = a_rubric(100)
    scores = (
        *confirmed(rubric, {"c1": 4}),
        *confirmed(rubric, {"c1": 5}, "bob"),
        *confirmed(rubric, {"c1": 3}, "cyd", "i2"),
    )
    total = weigh(rubric, scores)
    assert total.total == Decimal("3.75")
    assert total.averages[0].arithmetic == "((4 + 5) / 2 + 3) / 2 = 3.75"


def test_rounds_may_cover_different_competencies():
    rubric = a_rubric(60, 40)
    total = weigh(
        rubric, (*confirmed(rubric, {"c1": 5, "c2": None}), *confirmed(rubric, {"c1": None, "c2": 2}, "bob", "i2"))
    )
    assert total.total == Decimal("3.80")


def test_rubric_can_say_that_only_interviewers_count():
    rubric = a_rubric(100, raters="interviewers")
    scores = (*confirmed(rubric, {"c1": 2}), *confirmed(rubric, {"c1": 5}, "bob", kind="reviewer"))
    assert weigh(rubric, scores).total == Decimal("2.00")
    assert weigh(rubric.model_copy(update={"raters": "all"}), scores).total == Decimal("3.50")


@pytest.mark.parametrize("missing", ["block", "renormalise"])
def test_a_score_that_waits_for_its_owner_blocks_whatever_the_rubric_says(missing):
    rubric = a_rubric(50, 50, missing=missing, rules=(Rule(kind="total_at_least", total=Decimal("2.4")),))
    result = decide(rubric, confirmed(rubric, {"c1": 4, "c2": None}), waiting=["c2"])
    assert result.total.total is None
    assert result.outcome == "cannot tell"
    assert result.rules[0].state == "met", "4 and at least 1 give 2.5 in any case"


@pytest.mark.parametrize(
    ("levels", "state"),
    [((4, 4, 1), "met"), ((4, 3, 3), "not met"), ((4, None, 1), "cannot tell"), ((None, None, 4), "cannot tell"),
     ((3, 3, None), "not met"), ((4, 5, None), "met")],
)  # fmt: skip
def test_two_fours_is_met_or_not_or_cannot_be_told(levels, state):
    rubric = a_rubric(rules=(Rule(kind="count_at_least", level=4, count=2),))
    given_levels = dict(zip(("c1", "c2", "c3"), levels, strict=True))
    assert decide(rubric, confirmed(rubric, given_levels)).rules[0].state == state


@pytest.mark.parametrize(
    ("rule", "level", "state"),
    [
        (Rule(kind="minimum", competency="c1", level=3), 3, "met"),
        (Rule(kind="minimum", competency="c1", level=3), 2, "not met"),
        (Rule(kind="minimum", competency="c1", level=3), None, "cannot tell"),
        (Rule(kind="minimum", competency="zz", level=3), 5, "cannot tell"),
        (Rule(kind="total_at_least", total=Decimal("3.5")), 4, "met"),
        (Rule(kind="total_at_least", total=Decimal("3.6")), 4, "not met"),
        (Rule(kind="total_at_least", total=Decimal("3")), None, "cannot tell"),
        (Rule(kind="total_at_least", total=Decimal("4.1")), None, "not met"),
        (Rule(kind="total_at_least", total=Decimal("2")), None, "met"),
        (Rule(kind="count_at_least", level=4, count=1, applies_to="Staff+"), 5, "does not apply"),
    ],
)
def test_rules_as_data(rule, level, state):
    rubric = a_rubric(50, 50, rules=(rule,), seniority="Senior")
    assert decide(rubric, confirmed(rubric, {"c1": level, "c2": 3})).rules[0].state == state


@pytest.mark.parametrize(
    ("wanted", "seniority", "expected"),
    [("", "anything", True), ("Senior+", "Senior", True), ("Senior+", "Staff engineer", True), ("Senior+", "Mid", False),
     ("Junior, Mid", "Mid", True), ("Senior+", "2-5 years", None), ("2-5 years", "2-5 years", True)],
)  # fmt: skip
def test_rule_applies_to_its_seniorities(wanted, seniority, expected):
    assert applies_to(wanted, seniority) is expected


def test_halves_round_up():
    assert [rounded(Fraction(n, 1000)) for n in (3125, 3124, 2675, 1005)] == list(
        map(Decimal, ("3.13", "3.12", "2.68", "1.01"))
    )


level = st.one_of(st.none(), st.integers(1, 5))
cards = st.lists(st.tuples(st.integers(1, 100), level), min_size=1, max_size=8)
many = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def _make(card, **fields):
    rubric = a_rubric(*(w for w, _ in card), missing="renormalise", **fields)
    levels = {f"c{i}": value for i, (_, value) in enumerate(card, 1)}
    if all(value is None for value in levels.values()):
        levels["c1"] = 3
    return rubric, levels


@many
@given(cards)
def test_total_lies_within_the_scores(card):
    rubric, levels = _make(card)
    total = weigh(rubric, confirmed(rubric, levels)).total
    known = [v for v in levels.values() if v is not None]
    assert min(known) <= total <= max(known)


@many
@given(cards, st.integers(0, 7))
def test_total_never_falls_when_a_score_rises(card, which):
    rubric, levels = _make(card)
    key = f"c{which % len(card) + 1}"
    if levels[key] is None or levels[key] == 5:
        return
    before = weigh(rubric, confirmed(rubric, levels)).total
    assert weigh(rubric, confirmed(rubric, {**levels, key: levels[key] + 1})).total >= before


@many
@given(cards, st.randoms())
def test_total_does_not_depend_on_order(card, chance):
    rubric, levels = _make(card)
    scores = [*confirmed(rubric, levels), *confirmed(rubric, levels, "bob"), *confirmed(rubric, levels, "cyd", "i2")]
    expected = weigh(rubric, scores)
    chance.shuffle(scores)
    assert weigh(rubric, scores) == expected


@many
@given(cards, st.integers(1, 1000))
def test_total_depends_on_relative_weights_alone(card, factor):
    rubric, levels = _make(card)
    scaled, _ = _make([(w * factor, v) for w, v in card])
    assert weigh(rubric, confirmed(rubric, levels)).total == weigh(scaled, confirmed(scaled, levels)).total


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(cards, st.integers(0, 7), st.integers(1, 1000), st.randoms())
def test_all_properties_hold_on_ten_thousand_cards(card, which, factor, chance):
    """The figure of the issue: within the scale, monotone, order-independent, weights scale-free."""
    rubric, levels = _make(card)
    scores = list(confirmed(rubric, levels))
    total = weigh(rubric, scores).total
    assert 1 <= total <= 5
    chance.shuffle(scores)
    assert weigh(rubric, scores).total == total
    scaled, _ = _make([(w * factor, v) for w, v in card])
    assert weigh(scaled, confirmed(scaled, levels)).total == total
    key = f"c{which % len(card) + 1}"
    if levels[key] not in (None, 5):
        assert weigh(rubric, confirmed(rubric, {**levels, key: levels[key] + 1})).total >= total
