"""Corrections beside the machine's version: the transcript as people have put it right, and which drafts that makes
stale.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.job import Correction
from models.report import Analysis
from models.rubric import Rubric
from models.speaker import Role
from models.transcript import Turn
from pipeline.errors import UsageError


def corrected(analysis: Analysis, corrections: Sequence[Correction]) -> tuple[Turn, ...]:
    """The turns with all corrections applied in the order in which they were made; the analysis itself is not changed.

    A turn whose words were corrected loses its word times (they belong to the old words) and keeps its own.
    """
    turns = {turn.t: turn for turn in analysis.turns}
    for correction in corrections:
        for turn in touched(tuple(turns.values()), correction):
            turns[turn.t] = _apply(turn, correction, tuple(turns.values()))
    return tuple(turns[turn.t] for turn in analysis.turns)


def touched(turns: Sequence[Turn], correction: Correction) -> tuple[Turn, ...]:
    """The turns that a correction is about."""
    if correction.kind == "role":
        return tuple(turn for turn in turns if turn.speaker == correction.speaker)
    first = correction.turn
    last = correction.to_turn if correction.to_turn is not None else first
    return tuple(t for t in turns if first is not None and last is not None and first <= t.t <= last)


def check(analysis: Analysis, rubric: Rubric, correction: Correction) -> None:
    """Raises UsageError where a correction names a turn, speaker or question that is not there."""
    if not touched(analysis.turns, correction):
        raise UsageError(
            "This correction touches no turn of the interview.", "Use turn numbers and speakers of its transcript."
        )
    known = {q.id for q in rubric.questions} | {a.question for a in analysis.answers}
    if correction.kind == "boundary" and correction.question is not None and correction.question not in known:
        raise UsageError(
            f"There is no question {correction.question}.", "Use a question of the rubric or of this interview."
        )
    if correction.kind == "words" and not (correction.text or "").strip():
        raise UsageError("A turn cannot be corrected to nothing.", "Give the words that were said.")


def stale(analysis: Analysis, turns: Sequence[Turn], rubric: Rubric, correction: Correction) -> tuple[str, ...]:
    """Competencies whose drafts depend on what the correction changes, in rubric order. ``turns``: as they stand
    before it.

    A draft depends on the turns that it quotes, and on the candidate's answers to questions that evaluate its
    competency. So:

    - words of a candidate's turn: whoever quotes it, and what its question evaluates; of an interviewer's turn:
    nothing is read there
      but the question, so what its question evaluates where it asks or probes, otherwise nothing;
    - role or speaker: the same for every turn whose role really changes; a change between two voices of one role:
    nothing;
    - boundary: what the old and the new question evaluate, for turns whose question really changes.

    A turn under a free question (or with a rubric without a bank) may speak to anything: then all competencies
    depend on it.
    """
    found: set[str] = set()
    for turn in touched(turns, correction):
        after = _apply(turn, correction, turns)
        if after == turn:
            continue
        if correction.kind == "words":
            if turn.role != "interviewer":
                found |= quoting(analysis, turn.t) | evaluated(rubric, turn.question)
            elif turn.kind in ("question", "probe"):
                found |= evaluated(rubric, turn.question)
        elif correction.kind in ("role", "speaker"):
            if after.role != turn.role:
                found |= quoting(analysis, turn.t) | evaluated(rubric, turn.question)
        elif after.question != turn.question:
            found |= evaluated(rubric, turn.question) | evaluated(rubric, after.question)
    return tuple(c.id for c in rubric.competencies if c.id in found)


def quoting(analysis: Analysis, turn: int) -> set[str]:
    """Competencies whose draft quotes that turn."""
    return {draft.competency for draft in analysis.drafts if any(e.turn == turn for e in draft.evidence)}


def evaluated(rubric: Rubric, question: str | None) -> set[str]:
    """What a question evaluates; everything for a free question, nothing outside any question."""
    if question is None:
        return set()
    for entry in rubric.questions:
        if entry.id == question:
            return set(entry.evaluates)
    return {c.id for c in rubric.competencies}


def _apply(turn: Turn, correction: Correction, turns: Sequence[Turn]) -> Turn:
    changes: dict[str, object] = {}
    if correction.kind == "words" and correction.text != turn.text:
        changes = {"text": correction.text, "words": ()}
    elif correction.kind == "role":
        changes = {"role": correction.role}
    elif correction.kind == "speaker":
        changes = {"speaker": correction.speaker, "role": _role_of(correction, turns)}
    elif correction.kind == "boundary" and correction.question != turn.question:
        outside = correction.question is None
        changes = {"question": correction.question, "kind": "small-talk" if outside else _inside(turn)}
    return turn.model_copy(update=changes)


def _inside(turn: Turn) -> str:
    if turn.kind in ("question", "probe", "answer", "backchannel"):
        return turn.kind
    return "answer" if turn.role == "candidate" else "probe"


def _role_of(correction: Correction, turns: Sequence[Turn]) -> Role:
    if correction.role is not None:
        return correction.role
    return next((turn.role for turn in turns if turn.speaker == correction.speaker), "unknown")
