"""A plan for an imagined case is no evidence; habits and deeds told in the same words are."""

import pytest

from models.transcript import Turn
from pipeline.stages.evidence import find_units
from pipeline.stages.plans import planned, plans


def told(question: str, answer: str) -> list[bool]:
    turns = [
        Turn(t=0, speaker="S1", role="interviewer", text=question),
        Turn(t=1, speaker="S2", role="candidate", text=answer),
    ]
    return plans(turns, find_units(turns))


@pytest.mark.parametrize(
    "question",
    ["Imagine a key customer wants to leave. How do you go about it?", "Let's do a pretend one. They are thinking of going.",
     "And who would you bring in from your side?"],
)  # fmt: skip
def test_plan_for_an_imagined_case_is_no_evidence(question):
    assert told(question, "I would call them first. Then I'd bring in my manager.") == [True]


def test_deed_in_an_imagined_case_is_evidence():
    assert told("Imagine a customer wants to leave.", "I had one in May. I rang her the same day.") == [False]


def test_habit_told_with_would_is_evidence():
    assert told("What did your week look like?", "I'd ring every one of them once a quarter.") == [False]


def test_shortened_had_is_no_plan():
    assert not planned("I'd found the fault before they rang.")
    assert planned("I'd find the fault before they ring.")


def test_backchannel_does_not_end_the_imagined_case():
    turns = [
        Turn(t=0, speaker="S1", role="interviewer", text="Suppose a customer stops answering you."),
        Turn(t=1, speaker="S2", role="candidate", text="Okay, so I would write to them."),
        Turn(t=2, speaker="S1", role="interviewer", text="Mm-hm."),
        Turn(t=3, speaker="S2", role="candidate", text="And I would go there."),
        Turn(t=4, speaker="S1", role="interviewer", text="Have you had one like that for real?"),
        Turn(t=5, speaker="S2", role="candidate", text="I would ring them weekly back then."),
    ]
    units = find_units(turns)
    assert [flag for flag, unit in zip(plans(turns, units), units, strict=True) if unit.turn == 3] == [True]
    assert [flag for flag, unit in zip(plans(turns, units), units, strict=True) if unit.turn == 5] == [False]
