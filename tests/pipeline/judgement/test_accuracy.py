"""Drafts against people, by hand on a few lines."""

import pytest

from pipeline.judgement import accuracy
from pipeline.judgement.accuracy import Line, Talk


def line(first, draft, *, blind=True, score=None, choice="kept", month="2026-10", competency="c1"):
    return Line(month, competency, first, blind, first if score is None else score, choice, draft)


def test_only_scores_given_before_the_draft_count():
    lines = [line(3, 4), line(3, 3), line(5, 2), line(2, None), line(4, 4, blind=False), line(None, 3)]
    found = accuracy.draft_accuracy("all", lines)
    assert (found.n, found.missing) == (3, 1)
    assert (found.exact, found.within1, found.error) == pytest.approx((1 / 3, 2 / 3, 4 / 3))
    assert found.bias == pytest.approx((1 + 0 - 3) / 3)
    assert accuracy.draft_accuracy("none", []).exact is None


def test_months_come_in_order_and_competencies_by_error():
    lines = [line(3, 3, month="2026-11", competency="good"), line(1, 5, month="2026-09", competency="bad")]
    assert [m.name for m in accuracy.by_month(lines)] == ["2026-09", "2026-11"]
    assert [c.name for c in accuracy.by_competency(lines)] == ["bad", "good"]


def test_kappa_of_equal_scores_is_one_with_its_interval():
    kappa = accuracy.draft_kappa([line(n % 5 + 1, n % 5 + 1) for n in range(50)])
    assert (kappa.value, kappa.low, kappa.high, kappa.n) == (1.0, 1.0, 1.0, 50)


def test_override_rates_are_of_drafts_that_were_seen():
    lines = [
        line(3, 3, choice="accepted"),
        line(3, 4, score=3, choice="kept"),
        line(2, 4, score=4, choice="took-draft"),
        line(3, 4, score=2, choice="dismissed"),
        line(3, 4, choice="own"),
        line(3, None, choice="kept"),
    ]
    (rate,) = accuracy.override_rates(lines)
    assert (rate.n, rate.overridden, rate.dismissed, rate.moved) == (4, 0.25, 0.25, 0.5)


def test_habits_say_what_is_asked_and_who_talks():
    talks = [
        Talk("ann", 30, 70, frozenset({"q1", "q2"}), ("q1", "q2", "q3", "q4"), "r"),
        Talk("ann", 50, 50, frozenset({"q1"}), ("q1", "q2", "q3", "q4"), "r"),
        Talk("bob", 0, 0, frozenset(), (), "r"),
    ]
    ann, bob = accuracy.habits(talks)
    assert (ann.interviews, ann.coverage, ann.talk_share, ann.unasked) == (2, 0.375, 0.4, ("r q3", "r q4"))
    assert (bob.coverage, bob.talk_share, bob.unasked) == (None, None, ())
