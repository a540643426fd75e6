"""Corrections: what they change, and the table of which drafts each makes stale."""

import pytest
from builders import NOON, a_draft, a_rubric, an_analysis

from models.job import Correction
from models.transcript import Turn
from pipeline.errors import UsageError
from pipeline.judgement.corrections import check, corrected, stale

RUBRIC = a_rubric()
TURNS = (
    Turn(t=0, speaker="S1", role="interviewer", text="Hello", kind="small-talk"),
    Turn(t=1, speaker="S1", role="interviewer", text="Question 1?", question="q1", kind="question"),
    Turn(t=2, speaker="S2", role="candidate", text="I did this.", question="q1", kind="answer"),
    Turn(t=3, speaker="S3", role="interviewer", text="Mm.", question="q1", kind="backchannel"),
    Turn(t=4, speaker="S2", role="candidate", text="And that for the team.", question="q2", kind="answer"),
    Turn(t=5, speaker="S2", role="candidate", text="By the way, data.", kind="small-talk"),
    Turn(t=6, speaker="S2", role="candidate", text="My own topic.", question="free-1", kind="answer"),
)
# c3's draft quotes turn 4, which answers q2: evidence counts wherever it was said.
ANALYSIS = an_analysis(
    RUBRIC,
    (a_draft("c1", 4, (2, "I did")), a_draft("c2", 3, (4, "And that")), a_draft("c3", 3, (4, "the team"))),
    TURNS,
)


def fix(kind: str, **what: object) -> Correction:
    return Correction(id="x", interview="i1", kind=kind, author="ann", at=NOON, **what)


TABLE = [
    (fix("words", turn=2, text="I led this."), ("c1",)),
    (fix("words", turn=2, text="I did this."), ()),
    (fix("words", turn=4, text="And that alone."), ("c2", "c3")),
    (fix("words", turn=5, text="By the way, dates."), ()),
    (fix("words", turn=6, text="My own story."), ("c1", "c2", "c3")),
    (fix("words", turn=0, text="Hi"), ()),
    (fix("words", turn=3, text="Right."), ()),
    (fix("words", turn=1, text="Question one?"), ("c1",)),
    (fix("role", speaker="S3", role="candidate"), ("c1",)),
    (fix("role", speaker="S2", role="interviewer"), ("c1", "c2", "c3")),
    (fix("role", speaker="S2", role="candidate"), ()),
    (fix("speaker", turn=2, speaker="S1"), ("c1",)),
    (fix("speaker", turn=3, speaker="S1"), ()),
    (fix("speaker", turn=4, speaker="S9", role="interviewer"), ("c2", "c3")),
    (fix("boundary", turn=4, question="q1"), ("c1", "c2")),
    (fix("boundary", turn=2, to_turn=3, question="q3"), ("c1", "c3")),
    (fix("boundary", turn=5, question="q2"), ("c2",)),
    (fix("boundary", turn=2, question="q1"), ()),
    (fix("boundary", turn=2, question=None), ("c1",)),
]


@pytest.mark.parametrize(
    ("correction", "expected"),
    TABLE,
    ids=lambda v: (
        v.model_dump_json(include={"kind", "turn", "speaker", "question"})
        if isinstance(v, Correction)
        else "-".join(v) or "none"
    ),
)
def test_correction_makes_stale_only_what_depends_on_it(correction, expected):
    assert stale(ANALYSIS, TURNS, RUBRIC, correction) == expected


def test_corrections_apply_in_order_and_leave_the_machine_version():
    turns = corrected(
        ANALYSIS,
        [
            fix("speaker", turn=3, speaker="S2"),
            fix("role", speaker="S2", role="unknown"),
            fix("words", turn=3, text="No."),
        ],
    )
    assert (turns[3].text, turns[3].role, turns[2].role) == ("No.", "unknown", "unknown")
    assert ANALYSIS.turns == TURNS


@pytest.mark.parametrize(
    "bad", [fix("words", turn=99, text="x"), fix("role", speaker="S8", role="candidate"), fix("boundary", turn=2, question="q9"),
            fix("words", turn=2, text="  ")],
)  # fmt: skip
def test_correction_of_nothing_is_refused(bad):
    with pytest.raises(UsageError):
        check(ANALYSIS, RUBRIC, bad)


def test_correction_must_say_what_to_change():
    with pytest.raises(ValueError, match="needs"):
        fix("words", turn=2)
    with pytest.raises(ValueError, match="before"):
        fix("boundary", turn=4, to_turn=2, question="q1")
