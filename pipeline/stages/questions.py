"""The talk cut per question: every turn gets the question it belongs to and what it does there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.answer import Answer
from models.rubric import Rubric
from models.transcript import Turn, TurnKind
from pipeline.stages.embed import Embedder
from pipeline.stages.question_path import Label, likeliest_path


@dataclass(frozen=True, slots=True)
class Cut:
    """Turns with ``question`` and ``kind``; one answer per block in order; what the bank's questions that were asked evaluate.

    ``asked``: ids of the competencies that an asked bank question evaluates. ``never_asked``: ids of the bank's other questions.
    """

    turns: tuple[Turn, ...]
    answers: tuple[Answer, ...]
    asked: tuple[str, ...]
    never_asked: tuple[str, ...]


def cut(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder) -> Cut:
    """Assign every turn by one path over the whole talk; turns need their roles.

    Bank questions keep their id, others become ``free-1``, ``free-2``, … in the order asked; without a bank all are free. A question
    taken up again later has a second answer with the same id. Talk without any known interviewer lies outside all questions.
    """
    labels = likeliest_path(turns, rubric, embedder)
    labelled = tuple(
        turn.model_copy(update={"question": label.question, "kind": label.kind})
        for turn, label in zip(turns, labels, strict=True)
    )
    named = {label.question for label in labels if label.question}
    asked = {competency for question in rubric.questions if question.id in named for competency in question.evaluates}
    return Cut(
        turns=labelled,
        answers=answers_of(labelled, [label.opens for label in labels]),
        asked=tuple(c.id for c in rubric.competencies if c.id in asked),
        never_asked=tuple(question.id for question in rubric.questions if question.id not in named),
    )


def answers_of(turns: Sequence[Turn], opens: Sequence[bool] | None = None) -> tuple[Answer, ...]:
    """One answer per block of neighbouring turns with the same question, with the turn numbers of asking and probing.

    ``opens`` marks turns that start a new block even where the question stays the same.
    """
    blocks: list[list[Turn]] = []
    for at, turn in enumerate(turns):
        if turn.question is None:
            blocks.append([])
        elif blocks and blocks[-1] and blocks[-1][-1].question == turn.question and not (opens and opens[at]):
            blocks[-1].append(turn)
        else:
            blocks.append([turn])
    return tuple(
        Answer(
            question=block[0].question or "",
            asked_in=_numbers(block, "question"),
            probes_in=_numbers(block, "probe"),
            turns=tuple(turn.t for turn in block),
        )
        for block in blocks
        if block
    )


def _numbers(block: Sequence[Turn], kind: TurnKind) -> tuple[int, ...]:
    return tuple(turn.t for turn in block if turn.kind == kind)


__all__ = ["Cut", "Label", "answers_of", "cut"]
