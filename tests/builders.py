"""Small, readable makers of the nouns that tests need; every argument has a plain default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models.evidence import AnchorRef, Evidence
from models.job import Interview, Rater
from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.review import ConfirmedScore, Review
from models.rubric import Competency, Question, Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline.judgement import review as steps

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANCHORS = {"1": "does it badly", "3": "does it", "5": "does it very well"}


def a_rubric(*weights: int, must: tuple[int, ...] = (), **fields: object) -> Rubric:
    """A rubric with competencies c1, c2, … of those weights (50/30/20 unless given); ``must`` numbers the must-haves
    from 1.
    """
    shares = weights or (50, 30, 20)
    competencies = tuple(
        Competency(id=f"c{i}", name=f"Skill {i}", weight=w, must_have=i in must, anchors=ANCHORS)
        for i, w in enumerate(shares, 1)
    )
    questions = tuple(
        Question(id=f"q{i}", text=f"Question {i}?", evaluates=(f"c{i}",)) for i in range(1, len(shares) + 1)
    )
    given: dict[str, object] = {"id": "r", "title": "Role", "version": "v1", "questions": questions}
    return Rubric(competencies=competencies, **{**given, **fields})


def an_interview(
    number: str = "i1", interviewer: str = "ann", reviewers: tuple[str, ...] = (), **fields: object
) -> Interview:
    """A round that ended at noon, held by ``interviewer``."""
    raters = (Rater(user=interviewer, kind="interviewer"), *(Rater(user=r, kind="reviewer") for r in reviewers))
    given: dict[str, object] = {"candidate": "k1", "job": "j1", "round": "first", "held_at": NOON, "ended_at": NOON}
    return Interview(id=number, raters=raters, **{**given, **fields})


def a_draft(competency: str, score: int | None = 3, *quotes: tuple[int, str]) -> DraftScore:
    """A draft of that level with one quote for each (turn, words)."""
    evidence = tuple(
        Evidence(
            turn=turn, quote=words, start=float(turn), end=turn + 1.0, polarity="+", pull=0.1 * n,
            anchor=AnchorRef(level="5", text="does it very well"), similarity=0.5,
        )
        for n, (turn, words) in enumerate(quotes, 1)
    )  # fmt: skip
    value = None if score is None else float(score)
    return DraftScore(
        competency=competency, score=score, value=value, plausible=None if score is None else (score, score),
        confidence=0.7, rationale="SECRET rationale", evidence=evidence,
    )  # fmt: skip


def an_analysis(rubric: Rubric, drafts: tuple[DraftScore, ...] = (), turns: tuple[Turn, ...] = ()) -> Analysis:
    """An analysis of a short talk: one question and one answer for each competency unless turns are given."""
    if not turns:
        for i, question in enumerate(rubric.questions):
            turns += (
                Turn(t=2 * i, speaker="S1", role="interviewer", start=4.0 * i, end=4.0 * i + 1, text=question.text,
                     question=question.id, kind="question"),
                Turn(t=2 * i + 1, speaker="S2", role="candidate", start=4.0 * i + 1, end=4.0 * i + 4,
                     text=f"Answer number {i + 1} about zebras.", question=question.id, kind="answer"),
            )  # fmt: skip
    made = drafts or tuple(
        a_draft(c.id, 3, (2 * i + 1, f"Answer number {i + 1}")) for i, c in enumerate(rubric.competencies)
    )
    return Analysis(
        source=Source(name="call.json", sha256="0" * 64, duration_s=60.0),
        engines=Engines(transcriber="t", diarizer="d", embedder="e", scorer="s", debrief="1"),
        rubric=RubricRef(id=rubric.id, version=rubric.version),
        quality=Quality(grade="good"), turns=turns, answers=(), not_covered=(), drafts=made,
    )  # fmt: skip


def a_review(
    rubric: Rubric, levels: dict[str, int | None], reviewer: str = "ann", interview: str = "i1", **fields: object
) -> Review:
    """A whole review by hand with those levels, ready to be submitted; None leaves a competency out."""
    held = an_interview(interview, reviewer, **fields)
    card = steps.open_review(f"{interview}-{reviewer}", held, rubric, reviewer, {}, None, NOON)
    for competency, level in levels.items():
        if level is None:
            card = steps.leave_out(card, competency, NOON, reason="not asked")
        else:
            card = steps.note(steps.rate(card, competency, level, None, NOON), competency, "said so")
    return steps.conclude(card, "yes", "strong", "none")


def confirmed(
    rubric: Rubric,
    levels: dict[str, int | None],
    reviewer: str = "ann",
    interview: str = "i1",
    kind: str = "interviewer",
) -> tuple[ConfirmedScore, ...]:
    """Confirmed scores the only way there is: by submitting a whole review."""
    if kind == "reviewer":
        held = an_interview(interview, "someone", (reviewer,))
        card = a_review(rubric, levels, reviewer, interview).model_copy(update={"kind": held.rater_kind(reviewer)})
    else:
        card = a_review(rubric, levels, reviewer, interview)
    return steps.submit(card, NOON + timedelta(minutes=20))[1]
