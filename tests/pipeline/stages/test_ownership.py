"""Work that the candidate says was somebody else's."""

from __future__ import annotations

import pytest

from pipeline.stages.ownership import denied, told_of_others
from scripts.scoring_data import load_sources


@pytest.mark.parametrize(
    "text",
    [
        "That was my colleague Dana. She rebuilt the onboarding and churn fell to two percent.",
        "Well, the rollout went live in March. My manager did all of it. They called every account and they won back six.",
        "Renewals went up by nine points. I wasn't involved, the renewals group ran that.",
        "They cut the backlog in half over a quarter. I had no part in it, to be honest.",
        "They cleaned up the whole data set, that’s the analysts. It was not my work.",
    ],
)
def test_a_story_that_is_said_to_be_anothers_is_denied(text) -> None:
    assert denied(text)


@pytest.mark.parametrize(
    "text",
    [
        "I rebuilt the onboarding with my colleague Dana, and I called every account myself.",
        "That was my manager's idea at first. But I built the report, I rolled it out and I trained the team on it.",
        "I wasn't involved in the first pilot. For the second I wrote the plan, I ran it, and I measured the churn.",
        "The customer did not renew. I found out why: I had not called them since March.",
    ],
)
def test_ones_own_part_is_not_denied(text) -> None:
    assert not denied(text)


def test_no_turn_of_the_labelled_interviews_is_taken_for_a_denial() -> None:
    """Careful readers found none either; the rule is for stories that are wholly somebody else's."""
    turns = [turn for talk in load_sources().talks for turn in talk.turns if turn.role == "candidate"]
    assert not [turn.text for turn in turns if denied(turn.text)]


STORY = (
    "Two days before the renewal the whole export broke and {who} rang every branch, wrote down what each of them needed, rebuilt the sheet by "
    "hand that night, and showed {them} the next morning what had gone wrong, so {who} kept the contract and {who} got thanked for it by the board"
)


def test_a_story_told_of_others_is_theirs_without_saying_so() -> None:
    assert told_of_others("My colleague had the account. " + STORY.format(who="she", them="them"))
    assert told_of_others(STORY.format(who="they", them="them").lower())


def test_a_story_with_first_persons_is_ones_own() -> None:
    assert not told_of_others(STORY.format(who="I", them="them"))
    assert not told_of_others(STORY.format(who="we", them="them"))


def test_a_short_turn_about_others_goes_on_with_an_answer() -> None:
    assert not told_of_others("They were happy with it and she told her boss that they would stay.")
