"""From evidence to a level: ranges hold their score, and what is no new evidence weighs nothing."""

from __future__ import annotations

import numpy as np
import pytest

from models.answer import Answer
from models.rubric import Competency, Question, Rubric
from models.transcript import Turn
from pipeline.stages.echo import content, echoes, said_back, told_again
from pipeline.stages.network import Readings
from pipeline.stages.phrases import BINS, Phrases, count_phrases, read_phrases, read_weighted
from pipeline.stages.pooling import FEATURES, ONE_STORY, PoolWeights, Spread, enough, level_chances, plausible, values
from pipeline.stages.pooling import spread as pool_spread
from pipeline.stages.prior import question_prior

ANCHOR = "Designs reusable data models or automated validation that other analysts rely on."
STORY = "when the pallets came in wrong I counted every bay myself that night and rang the haulier before six in the morning"


def pool(**changes: object) -> PoolWeights:
    """Weights whose value is three plus the first evidence column, less sure where the readers differ."""
    value = np.array([3, 1, *[0] * (len(FEATURES) - 2)], np.float32)
    doubt = np.array([-1, 0, 0, 1, 0, 0], np.float32)
    borders = np.array([1.5, 2.5, 3.5, 4.5], np.float32)
    none = np.zeros(1, np.float32)
    return PoolWeights(value, 3.0, 1.0, 0.0, borders, doubt, 0.9, none, none, 0.3)._replace(**changes)


def spread(level: float, retold: float = 0.0, apart: float = 0.0, mass: float = 20.0) -> Spread:
    """One competency whose evidence lies that far from the middle."""
    row = lambda x: np.array([x], np.float32)  # noqa: E731
    features = np.array([[1, level, *[0] * (len(FEATURES) - 2)]], np.float32)
    return Spread(features, row(mass), row(0.5), row(retold), row(apart))


@pytest.mark.parametrize("value", [1.0, 1.49, 2.5, 3.2, 4.5, 5.0])
def test_a_range_holds_its_score_and_is_narrower_when_sure(value: float) -> None:
    score = int(value + 0.5)
    ranges = []
    for apart in (0.0, 2.0):
        chance = level_chances(spread(value - 3, apart=apart), 0, value, pool())
        assert chance.sum() == pytest.approx(1, abs=1e-4)
        low, high = plausible(chance, score, 0.9)
        assert 1 <= low <= score <= high <= 5
        assert chance[low - 1 : high].sum() >= 0.9
        ranges.append(high - low)
    assert ranges[0] <= ranges[1]


def test_thin_evidence_is_not_enough() -> None:
    assert enough(spread(0.0, mass=40.0), 0, pool())
    assert not enough(spread(0.0, mass=4.0), 0, pool())


def test_words_that_tell_more_decide_the_level_and_one_word_alone_does_not() -> None:
    """Ten words far above the middle that tell much, and ten below it that tell little; then a lone word."""
    told = np.zeros((20, 2, 3), np.float32)
    told[:10, :, 0], told[10:, :, 0] = 2.0, -2.0
    told[:10, :, 2] = 3.0
    units = np.repeat([0, 1], 10)
    words = [["rang", "every", "bay"], ["nobody", "did"]]
    phrases = Phrases(np.ones(BINS, np.float32), np.zeros((BINS, 3), np.float32), np.array([3, 0, 0], np.float32))
    said, counts = read_phrases(words, phrases), count_phrases(words)
    readings = Readings(np.ones((20, 1), np.float32), told)
    whole = pool_spread(readings, units, said, counts, phrases, np.zeros(20, np.bool_))
    lone = np.arange(20) == 0
    alone = pool_spread(readings, units, said, counts, phrases, np.zeros(20, np.bool_), lone)
    column = FEATURES.index("readers' level")
    assert whole.features[0, column] > 1.0
    assert 0 < alone.features[0, column] < 0.8


def test_values_stay_on_the_scale() -> None:
    assert values(spread(9.0), pool())[0] == 5
    assert values(spread(-9.0), pool())[0] == 1


def test_one_story_for_everything_stays_below_a_four() -> None:
    assert values(spread(9.0, retold=0.9), pool())[0] == pytest.approx(ONE_STORY)


def test_the_rubric_said_back_is_an_echo_and_a_deed_is_not() -> None:
    anchors = [content(ANCHOR)]
    assert echoes(content("I design reusable data models and automated validations other analysts rely on"), anchors)
    assert not echoes(
        content("I wrote a check that stops the load when the totals are off and two teams use it"), anchors
    )


def test_what_goes_on_beside_an_echo_is_one_and_a_story_after_it_is_not() -> None:
    anchors = [
        content(
            "Forecasts workload, builds cross-trained capacity and holds cut-offs; other shifts take over the method."
        )
    ]
    deed = "At the spring peak two pickers were ill, so I moved packers over and we shipped by six"
    said = [
        "I build cross-trained capacity, holding cut-offs",
        "other shifts take over the method",
        "that is how I work",
        deed,
    ]
    units = [content(text) for text in said]

    assert said_back(units, [1, 1, 1, 1], anchors).tolist() == [True, True, True, False]
    assert said_back(units[::-1], [1, 1, 1, 1], anchors).tolist() == [False, True, True, True], "or before it"
    assert said_back(units, [1, 3, 3, 3], anchors).tolist() == [True, False, False, False], (
        "another turn stands for itself"
    )


def test_a_story_told_again_counts_once() -> None:
    words = STORY.split()
    turn = np.repeat(np.array([1, 3, 5]), len(words))
    told = told_again(words * 3, turn)
    first, later = told.before[: len(words)], told.before[len(words) :]
    assert not first.any()
    assert later.mean() > 0.8
    assert told.often[: len(words)].mean() > 0.6


def test_words_said_once_are_not_told_again() -> None:
    words = (STORY + " and then nobody asked again").split()
    assert not told_again(words, np.ones(len(words), np.int64)).before.any()


def test_phrases_read_a_text_and_its_weighted_units_alike() -> None:
    """One unit with full weight reads as the text itself; weights decide between two."""
    weights = np.zeros((BINS, 3), np.float32)
    known = count_phrases([["nobody", "checked"]]).bins
    weights[known, 0] = -1.0
    phrases = Phrases(np.ones(BINS, np.float32), weights, np.array([3, 0, 0], np.float32))
    low, plain = read_phrases([["nobody", "checked"], ["every", "week"]], phrases)[:, 0]
    assert low < plain == 3
    counts = count_phrases([["nobody", "checked"], ["every", "week"]])
    either = read_weighted(counts, np.array([[1, 0], [0, 1]], np.float32), phrases)
    assert either[0] < 2.0
    assert either[1] == 3


class Flat:
    """An embedder to which all texts are alike."""

    name = "flat"

    def encode(self, texts: list[str], lasting: bool = False) -> np.ndarray:
        return np.ones((len(texts), 4), np.float32) / 2


def test_the_running_question_points_at_what_it_evaluates() -> None:
    anchors = {"1": "bad", "3": "fair", "5": "good"}
    rubric = Rubric(
        id="r",
        title="r",
        competencies=tuple(Competency(id=c, name=c, weight=50, anchors=anchors) for c in ("care", "speed")),
        questions=(Question(id="q1", text="How do you care?", evaluates=("care",)),),
    )
    turns = (
        Turn(t=0, speaker="S1", role="interviewer", text="How do you care?"),
        Turn(t=1, speaker="S2", role="candidate", text="Daily."),
    )
    bank = Answer(question="q1", asked_in=(0,), probes_in=(), turns=(0, 1))
    assert question_prior(turns, (bank,), rubric, Flat())[1][:, 0].tolist() == [1, -1]
    free = bank.model_copy(update={"question": "free-1"})
    assert question_prior(turns, (free,), rubric, Flat())[1][:, 0].tolist() == [0, 0]
    assert question_prior(turns, (), rubric, Flat()) == {}
