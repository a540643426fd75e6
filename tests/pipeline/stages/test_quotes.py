"""Which stretches are quoted: likely ones whose sign is sure, and at least one wherever anything speaks to the competency."""

from __future__ import annotations

import numpy as np

from pipeline.stages.evidence import Unit
from pipeline.stages.pooling import DOUBT, FEATURES, PoolWeights
from pipeline.stages.quotes import CHOICE, SIGN, Quote, Stretches, choose

UNITS = tuple(Unit(1, 100 * i, 100 * i + 90, 18) for i in range(6))


def quoted(likely: list[float], signs: list[float], value: float = 5.0) -> tuple[Quote, ...]:
    """What is chosen of single units with these log odds of being quoted and of speaking for a high level."""
    n = len(likely)
    features, sign = np.zeros((n, 1, len(CHOICE)), np.float32), np.zeros((n, len(SIGN)), np.float32)
    features[:, 0, 1], sign[:, 1] = likely, signs
    weights = PoolWeights(
        np.zeros(len(FEATURES), np.float32), 3.0, 1.0, 0.0, np.array([1.5, 2.5, 3.5, 4.5], np.float32),
        np.zeros(len(DOUBT), np.float32), 0.9, np.eye(len(CHOICE), dtype=np.float32)[1], np.eye(len(SIGN), dtype=np.float32)[1],
        0.2, 0.6,
    )  # fmt: skip
    rows = np.arange(n)
    found = Stretches(rows, rows, features, sign, np.full((n, 1), 0.5, np.float32), np.full(n, 3.0, np.float32))
    return choose(found, UNITS, 0, value, weights)


def test_a_stretch_that_may_speak_for_or_against_is_not_quoted() -> None:
    """The likeliest stretch has an even sign; the two with a sure sign are quoted instead, in the order of the talk."""
    chosen = quoted([0.5, 4.0, 1.0], [-3.0, 0.1, 3.0])
    assert [(quote.start, quote.plus >= 0.5) for quote in chosen] == [(0, False), (200, True)]


def test_an_unlikely_stretch_is_not_quoted_however_sure_its_sign() -> None:
    assert [quote.start for quote in quoted([1.0, -3.0], [2.0, 9.0])] == [0]


def test_one_quote_stands_where_no_sign_is_sure() -> None:
    """A draft keeps a quote: the likeliest whose sign is least unsure."""
    assert [quote.start for quote in quoted([1.0, 1.0, 1.0], [0.1, 0.8, -0.2])] == [100]


def test_a_middling_level_is_quoted_from_both_sides() -> None:
    """All sure quotes speak for a high level: at a 3 the best of the other side stands beside them, at a 5 it does not."""
    likely, signs = [2.0, 2.0, 2.0], [3.0, -0.9, 3.0]
    assert [quote.plus >= 0.5 for quote in quoted(likely, signs, 3.0)] == [True, False, True]
    assert [quote.start for quote in quoted(likely, signs, 5.0)] == [0, 200]


def test_the_other_side_takes_the_place_of_the_fifth_quote_and_an_even_sign_of_none() -> None:
    likely = [2.0] * 6
    chosen = quoted(likely, [4.0, 4.0, 4.0, 4.0, 3.0, -0.9], 3.0)
    assert [quote.start for quote in chosen] == [0, 100, 200, 300, 500]
    assert len(quoted(likely, [4.0, 4.0, 4.0, 4.0, 3.0, -0.1], 3.0)) == 5


def test_silence_has_no_quotes() -> None:
    assert quoted([], []) == ()
