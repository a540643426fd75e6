"""Drafts follow what was done, not who says it or how it is written down."""

from __future__ import annotations

import pytest
from soaked import soaked

from benchmarks.invariance import Move, measure, moves
from models.score import DraftScore
from models.transcript import Turn
from pipeline.stages.score import Scorer
from pipeline.wiring import Engines
from scripts.rewordings import PEOPLE, articles_amiss, proper_names, rewordings, with_fillers, without_marks
from scripts.scoring_data import Sources

MEAN = 0.1
"""Levels that a draft may move on average."""

QUICK = ("dev-a-04", "dev-da-02")


@pytest.fixture(scope="module")
def scorer(engines: Engines) -> Scorer:
    return engines.scorer


def check(found: dict[str, list[Move]]) -> None:
    """The mean of each rewording is within bounds and no draft moves by more than one level."""
    for name, rows in found.items():
        kept = [row.value for row in rows if not row.flipped]
        assert sum(kept) / len(kept) <= MEAN, name
        assert max(row.levels for row in rows) <= 1, name


def test_drafts_stay_when_only_the_wording_changes(scorer: Scorer, sources: Sources) -> None:
    """Names, gender, places, spelling, punctuation, fillers, articles: two interviews here, all of them in the slow test."""
    few = sources._replace(talks=tuple(talk for talk in sources.talks if talk.id in QUICK))
    check(measure(scorer, few, "dev-"))


@pytest.mark.soak
def test_drafts_of_the_whole_corpus_stay(scorer: Scorer, sources: Sources) -> None:
    with soaked(
        "rewordings", "the whole corpus reworded: names, gender, places, spelling, punctuation, fillers, articles",
        "drafts move by 0.1 level at most on average, none by more than one",
    ) as told:  # fmt: skip
        found = measure(scorer, sources, "dev-")
        rows = [row for moved in found.values() for row in moved]
        told.found = (
            f"{len(rows)} drafts of {len(found)} rewordings, on average {sum(r.value for r in rows) / len(rows):.3f}"
        )
        check(found)


@pytest.mark.parametrize(
    "name", ["pronouns and gendered words swapped", "lower case", "British spelling", "American spelling"]
)
def test_gender_case_and_spelling_hardly_change_a_draft(scorer: Scorer, sources: Sources, name: str) -> None:
    """These are evened out before anything is read; only where a parser starts its sentences may differ by a little."""
    talk = next(talk for talk in sources.talks if talk.id == QUICK[0])
    rubric = sources.rubrics[talk.rubric]
    before = scorer.score(talk.turns, talk.answers, rubric)
    after = scorer.score(rewordings(talk.turns)[name], talk.answers, rubric)
    assert max(move.value for move in moves(before, after)) <= 0.1


def test_a_quote_pulls_by_what_the_value_loses_without_it(scorer: Scorer, sources: Sources) -> None:
    pulls(scorer, sources, QUICK)


@pytest.mark.slow
def test_every_quote_of_the_corpus_pulls_by_what_the_value_loses_without_it(scorer: Scorer, sources: Sources) -> None:
    pulls(scorer, sources, [talk.id for talk in sources.talks if talk.corpus])


def pulls(scorer: Scorer, sources: Sources, ids: list[str] | tuple[str, ...]) -> None:
    """Take each quote alone away, pool again, and compare."""
    count = 0
    for talk in (talk for talk in sources.talks if talk.id in ids):
        rubric = sources.rubrics[talk.rubric]
        reading = scorer.read(talk.turns, talk.answers, rubric)
        texts = {turn.t: turn.text for turn in talk.turns}
        for c, draft in enumerate(scorer.score(talk.turns, talk.answers, rubric)):
            for quote in draft.evidence:
                places = [i for i in range(len(texts[quote.turn])) if texts[quote.turn].startswith(quote.quote, i)]
                left = [scorer.value_without(reading, c, quote.turn, at, at + len(quote.quote)) for at in places]
                assert any(abs(quote.pull - (draft.value - value)) <= 0.0015 for value in left), (
                    talk.id,
                    draft.competency,
                )
                count += 1
        scorer.forget()
    assert count >= 5 * len(ids)


def a_turn(text: str) -> Turn:
    return Turn(t=0, speaker="S1", role="candidate", text=text)


def test_rewordings_change_what_they_say_and_nothing_else() -> None:
    """The tests above are worth something only if the texts differ."""
    text = "So I met Dana in Cleveland, and she organized a session for the team, um, at Harvard. He was the manager."
    made = {name: turns[0].text for name, turns in rewordings((a_turn(text),)).items()}
    assert made["pronouns and gendered words swapped"].endswith("She was the manager.")
    assert "he organized" in made["pronouns and gendered words swapped"]
    assert not {"Dana", "Cleveland", "Harvard"} & set(made["names of people"].replace(",", "").replace(".", "").split())
    assert any(name in made["names of people"] for name in PEOPLE)
    assert "organised" in made["British spelling"]
    assert "um" not in made["fillers removed"].split()
    assert made["lower case, no punctuation"] == text.lower().replace(",", "").replace(".", "")
    assert proper_names((a_turn(text),)) == {"Dana", "Cleveland", "Harvard"}


def test_rewordings_are_the_same_every_time() -> None:
    import random

    text = "I called the customer and a colleague took the notes in an hour, then we sent them to the board."
    for reword in (with_fillers, articles_amiss, without_marks):
        assert reword(text, random.Random(1)) == reword(text, random.Random(1))
    assert articles_amiss(text, random.Random(3)) != text


def test_a_draft_that_goes_is_counted_and_moves_nothing() -> None:
    some = DraftScore(competency="c", score=3, value=3.0, plausible=(2, 4), confidence=0.5, rationale="r")
    none = DraftScore(competency="c", score=None, value=None, plausible=None, confidence=0.0, rationale="r")
    assert moves([some], [none]) == [Move(0.0, 0, True)]
    assert moves([some], [some]) == [Move(0.0, 0, False)]
