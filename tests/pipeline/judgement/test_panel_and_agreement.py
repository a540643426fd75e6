"""Panels, agreement, ranks and the calibration of interviewers."""

import random
from decimal import Decimal

import pytest
from builders import NOON, a_rubric, confirmed

from models.decision import CalibrationRating, PanelOutcome
from pipeline.judgement.agreement import agreement_table, krippendorff_alpha, weighted_kappa
from pipeline.judgement.interviewers import calibration_report
from pipeline.judgement.panel import panel_report
from pipeline.judgement.ranking import RECKONED, SEED, Stand, in_cents, of_cents, rank, resampled_totals, stand


def test_panel_flags_two_levels_apart_and_a_must_have_line_between():
    rubric = a_rubric(must=(2,))
    scores = (*confirmed(rubric, {"c1": 5, "c2": 3, "c3": 3}), *confirmed(rubric, {"c1": 3, "c2": 2, "c3": 4}, "bob"))
    report = panel_report("k1", rubric, scores)
    assert [(d.competency, d.crosses_must_have) for d in report.disagreements] == [("c2", True), ("c1", False)]
    assert report.disagreements[0].low_raters == ("bob",)
    assert report.open_disagreements == 2
    settled = PanelOutcome(
        id="o", candidate="k1", competency="c2", kind="debrief", reason="watched it", author="lea", at=NOON
    )
    again = panel_report("k1", rubric, scores, outcomes=[settled])
    assert again.open_disagreements == 1
    assert again.result == report.result, "an outcome stands beside the scores and does not change them"


def test_panel_marks_a_score_on_one_interviewer_and_one_quote():
    rubric = a_rubric()
    one = confirmed(rubric, {"c1": 5, "c2": 3, "c3": 3})
    assert panel_report("k1", rubric, one).single_signal == ("c1", "c2", "c3")
    two = (*one, *confirmed(rubric, {"c1": 5, "c2": None, "c3": 3}, "bob"))
    assert panel_report("k1", rubric, two).single_signal == ("c2",)


def _pairs(seed: int) -> tuple[list[int], list[int]]:
    chance = random.Random(seed)
    first = [chance.randint(1, 5) for _ in range(40)]
    return first, [min(5, max(1, v + chance.choice((-1, 0, 0, 1)))) for v in first]


@pytest.mark.parametrize("seed", range(5))
def test_weighted_kappa_equals_scikit_learn(seed):
    from sklearn.metrics import cohen_kappa_score

    first, second = _pairs(seed)
    expected = cohen_kappa_score(first, second, weights="quadratic", labels=[1, 2, 3, 4, 5])
    assert weighted_kappa(first, second) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_equals_the_krippendorff_package(seed):
    krippendorff = pytest.importorskip("krippendorff")
    chance = random.Random(seed)
    first, second = _pairs(seed)
    third = [v if chance.random() < 0.7 else None for v in first]
    units = [[x for x in unit if x is not None] for unit in zip(first, second, third, strict=True)]
    table = [[float("nan") if v is None else float(v) for v in row] for row in (first, second, third)]
    expected = krippendorff.alpha(reliability_data=table, level_of_measurement="interval")
    assert krippendorff_alpha(units) == pytest.approx(expected)


def test_agreement_is_none_where_the_data_cannot_give_it():
    assert weighted_kappa([], []) is None
    assert weighted_kappa([3, 3], [3, 3]) is None
    assert krippendorff_alpha([[3.0], [4.0]]) is None
    table = agreement_table({"ann": {"x": 3}, "draft": {"x": 4}})
    assert (table.pairs[0][2].low, table.pairs[0][2].n) == (None, 1)


def test_agreement_interval_holds_the_value_and_repeats():
    first, second = _pairs(1)
    ratings = {
        "ann": dict(zip(map(str, range(40)), first, strict=True)),
        "draft": dict(zip(map(str, range(40)), second, strict=True)),
    }
    table = agreement_table(ratings)
    kappa = table.pairs[0][2]
    assert kappa.low < kappa.value < kappa.high
    assert table == agreement_table(ratings)


def test_rank_ties_what_the_data_cannot_tell_apart():
    rubric = a_rubric()
    great, good, fair = (dict.fromkeys(("c1", "c2", "c3"), v) for v in (5, 3, 3))
    fair = {**fair, "c3": 2}
    cards = {"great": confirmed(rubric, great), "good": confirmed(rubric, good), "fair": confirmed(rubric, fair)}
    cards["nobody"] = confirmed(rubric, {"c1": 3, "c2": 3, "c3": None})
    lines = rank(rubric, cards)
    assert [line.candidate for line in lines] == ["great", "good", "fair", "nobody"]
    assert [line.rank for line in lines] == [1, 2, 2, None]
    assert lines[1].tied_with == ("fair",)
    assert lines[0].low <= lines[0].total <= lines[0].high
    assert lines == rank(rubric, cards)


def test_rank_gives_equal_cards_equal_intervals():
    """Whose card it is does not matter, nor what it was called."""
    rubric = a_rubric()
    levels = {"c1": 4, "c2": 3, "c3": 4}
    one, other = rank(rubric, {"one": confirmed(rubric, levels), "other": confirmed(rubric, levels, interview="i9")})
    assert (one.total, one.low, one.high) == (other.total, other.low, other.high)


def test_rank_draws_raters_and_gaps_as_they_are():
    """Of two who differ each stands alone in a quarter of the draws; where one gave no score, the other's always counts."""
    rubric = a_rubric()
    low = confirmed(rubric, dict.fromkeys(("c1", "c2", "c3"), 1))
    high = confirmed(rubric, dict.fromkeys(("c1", "c2", "c3"), 5), "bob")
    drawn = resampled_totals(rubric, [*low, *high], SEED)
    assert 0.2 < (drawn < 2).mean() < 0.3
    assert 0.2 < (drawn > 4).mean() < 0.3
    one_gap = resampled_totals(rubric, [*low, *high[:2]], SEED)
    assert (one_gap <= drawn + 1e-9).all(), (
        "without bob's last score the first rater's alone is left where bob is drawn"
    )


def test_stand_comes_back_from_whole_numbers_as_it_was():
    rubric = a_rubric()
    found = stand(rubric, confirmed(rubric, {"c1": 4, "c2": 3, "c3": 4}))
    back = of_cents(*in_cents(found))
    assert (back.total, back.low, back.high) == (found.total, found.low, found.high)
    assert (back.counts == found.counts).all()
    assert of_cents(*in_cents(Stand(None))) == Stand(None)


def test_reckoning_is_numbered_anew_when_its_results_change():
    """Databases keep what was drawn: whoever changes these figures must raise RECKONED, and only then this test."""
    rubric = a_rubric()
    mixed = [*confirmed(rubric, {"c1": 4, "c2": 3, "c3": 4}), *confirmed(rubric, {"c1": 2, "c2": 3, "c3": 5}, "bob")]
    found = stand(rubric, mixed)
    mean = round(float(resampled_totals(rubric, mixed, SEED).mean()), 4)
    assert (RECKONED, str(found.total), str(found.low), str(found.high), mean) == (2, "3.30", "2.40", "4.20", 3.2683)


def test_rank_has_no_limit_of_ten():
    rubric = a_rubric()
    cards = {
        f"k{i}": confirmed(rubric, {"c1": 1 + i % 5, "c2": 3, "c3": 1 + i % 3}, interview=f"i{i}") for i in range(60)
    }
    assert len(rank(rubric, cards)) == 60


def test_rank_is_narrower_with_more_interviewers_who_agree():
    rubric = a_rubric()
    levels = {"c1": 4, "c2": 3, "c3": 4}
    few = confirmed(rubric, levels)
    many = [s for who in "abcdef" for s in confirmed(rubric, levels, who)]
    wide, narrow = (rank(rubric, {"k": scores})[0] for scores in (few, many))
    assert narrow.high - narrow.low < wide.high - wide.low
    assert wide.total == narrow.total == Decimal("3.70")


def _ratings(rater: str, shift: int, months: tuple[str, ...] = ("2026-10", "2026-11"), centre: bool = False):
    for month in months:
        for n in range(15):
            key = n % 5 + 1
            level = 3 + (key > 3) - (key < 3) if centre else min(5, max(1, key + shift))
            yield CalibrationRating(rater=rater, sample=f"s{n}", competency="c1", key=key, level=level, month=month)


def test_calibration_finds_the_lenient_the_severe_and_the_central():
    report = calibration_report(
        [*_ratings("len", 1), *_ratings("sev", -1), *_ratings("mid", 0, centre=True), *_ratings("ok", 0)]
    )
    assert {r.rater: r.habit for r in report.raters} == {
        "len": "lenient",
        "sev": "severe",
        "mid": "central",
        "ok": "none seen",
    }
    exact = {r.rater: r for r in report.raters}["ok"]
    assert (exact.exact, exact.bias, exact.kappa.value) == (1.0, 0.0, 1.0)
    assert report.split[0].levels[0] + 2 <= report.split[0].levels[-1]
    assert [line[:2] for line in report.trend] == [("2026-10", 60), ("2026-11", 60)]


def test_calibration_shows_a_trend_over_months():
    report = calibration_report([*_ratings("ann", 1, ("2026-09",)), *_ratings("ann", 0, ("2026-10",))])
    assert [(month, round(error, 2)) for month, _, error, _ in report.trend] == [("2026-09", 0.8), ("2026-10", 0.0)]
