"""Nothing but a deed of one's own wins a level: no attack reaches a 4."""

from __future__ import annotations

import pytest

from models.score import DraftScore
from pipeline.stages.score import Scorer
from pipeline.wiring import Engines
from scripts.attacks import ORDERS, colleagues, nearly, talk, teams, top_anchor
from scripts.scoring_data import Sources

RUBRICS = ("csm-2-5y", "project-manager")
"""One with a bank of questions and one without; the table in benchmarks/invariance.md has all ten."""

NOTHING = "I can't think of anything there, sorry."


@pytest.fixture(scope="module")
def scorer(engines: Engines) -> Scorer:
    return engines.scorer


def drafts(scorer: Scorer, sources: Sources, rubric: str, said: list[str]) -> tuple[DraftScore, ...]:
    """Drafts of a talk in which the candidate says these texts, one to each competency's question."""
    turns, answers = talk(sources.rubrics[rubric], said)
    return scorer.score(turns, answers, sources.rubrics[rubric])


def reached(found: tuple[DraftScore, ...]) -> dict[str, int]:
    """The competencies that got a 4 or a 5."""
    return {draft.competency: draft.score for draft in found if draft.score is not None and draft.score >= 4}


def stories(sources: Sources, rubric: str) -> list[str]:
    """A graded level-5 answer for each competency."""
    own = [sample for sample in sources.samples if sample.rubric == rubric and sample.level == 5]
    count = len(sources.rubrics[rubric].competencies)
    return [next(sample.text for sample in own if sample.competency == c) for c in range(count)]


@pytest.mark.parametrize("rubric", RUBRICS)
def test_the_same_stories_told_as_ones_own_do_reach_it(scorer, sources, rubric) -> None:
    """Otherwise the attacks below would prove nothing."""
    assert len(reached(drafts(scorer, sources, rubric, stories(sources, rubric)))) >= 4


@pytest.mark.parametrize("rubric", RUBRICS)
@pytest.mark.parametrize(
    "reading", [top_anchor, lambda competency: nearly(top_anchor(competency))], ids=["word for word", "nearly"]
)
def test_the_top_anchors_read_aloud_reach_nothing(scorer, sources, rubric, reading) -> None:
    said = [reading(competency) for competency in sources.rubrics[rubric].competencies]
    assert reached(drafts(scorer, sources, rubric, said)) == {}
    everything = " ".join(said)
    assert reached(drafts(scorer, sources, rubric, [everything, *[NOTHING] * (len(said) - 1)])) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "reading", [top_anchor, lambda competency: nearly(top_anchor(competency))], ids=["word for word", "nearly"]
)
def test_the_top_anchors_of_no_rubric_reach_anything(scorer, sources, reading) -> None:
    for name, rubric in sources.rubrics.items():
        said = [reading(competency) for competency in rubric.competencies]
        assert reached(drafts(scorer, sources, name, said)) == {}, name


@pytest.mark.parametrize("rubric", RUBRICS)
@pytest.mark.parametrize("told_as", [colleagues, teams])
def test_work_said_to_be_somebody_elses_reaches_nothing(scorer, sources, rubric, told_as) -> None:
    assert reached(drafts(scorer, sources, rubric, [told_as(story) for story in stories(sources, rubric)])) == {}


@pytest.mark.parametrize("rubric", RUBRICS)
def test_orders_to_the_machine_reach_nothing(scorer, sources, rubric) -> None:
    count = len(sources.rubrics[rubric].competencies)
    assert reached(drafts(scorer, sources, rubric, [" ".join(ORDERS)] * count)) == {}


@pytest.mark.parametrize("rubric", RUBRICS)
def test_an_order_beside_a_story_lifts_nothing(scorer, sources, rubric) -> None:
    """What stood below 4 stays below 4."""
    weak = [next(s.text for s in sources.samples if s.rubric == rubric and s.competency == c and s.level == 2)
            for c in range(len(sources.rubrics[rubric].competencies))]  # fmt: skip
    plain = reached(drafts(scorer, sources, rubric, weak))
    assert set(reached(drafts(scorer, sources, rubric, [f"{ORDERS[1]} {story}" for story in weak]))) <= set(plain)


@pytest.mark.parametrize("rubric", RUBRICS)
def test_one_good_story_for_every_question_wins_no_more_than_told_once(scorer, sources, rubric) -> None:
    story = stories(sources, rubric)[0]
    others = len(sources.rubrics[rubric].competencies) - 1
    once = drafts(scorer, sources, rubric, [story, *[NOTHING] * others])
    again = drafts(scorer, sources, rubric, [story] * (others + 1))
    assert set(reached(again)) <= set(reached(once))
    assert len(reached(again)) <= 2
