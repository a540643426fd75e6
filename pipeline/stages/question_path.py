"""The likeliest path through the talk's questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.rubric import Rubric
from models.transcript import Turn, TurnKind
from pipeline.stages.embed import Embedder
from pipeline.stages.talk_cues import asks, cue_counts, is_backchannel, without_lead_in


@dataclass(frozen=True, slots=True)
class Label:
    """What one turn belongs to and does; ``opens`` marks the first turn of a block."""

    question: str | None
    kind: TurnKind
    opens: bool = False


def likeliest_path(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder) -> list[Label]:
    """One label per turn."""
    labels: list[Label] = []
    asking = [turn for turn in turns if turn.role == "interviewer"]
    texts = [without_lead_in(turn.text) for turn in asking]
    near = np.zeros((len(asking), 0))
    if rubric.questions and asking:
        near = embedder.encode(texts) @ embedder.encode([q.text for q in rubric.questions]).T
    row = 0
    current, outside, free = None, "small-talk", 0
    for at, turn in enumerate(turns):
        opens = False
        kind: str = "answer"
        if turn.role == "interviewer":
            cues = cue_counts(turn.text)
            score = near[row]
            row += 1
            late = at > 0.7 * len(turns)
            if late and cues["invite"]:
                current, outside = None, "candidate-questions"
            elif late and outside == "candidate-questions" and cues["goodbye"] and current is None:
                outside = "closing"
            elif len(score) and score.max() > 0.4 and turn.n_words > 6 and outside not in ("candidate-questions", "closing"):
                question = rubric.questions[int(score.argmax())].id
                opens, current = question != current, question
            elif turn.n_words > 9 and asks(turn.text) and (cues["shift"] or current is None) and outside == "small-talk" and at > 2:
                free += 1
                opens, current = True, f"free-{free}"
            kind = "question" if opens else "backchannel" if is_backchannel(turn.text) else "probe"
        elif is_backchannel(turn.text):
            kind = "backchannel"
        labels.append(Label(current, kind if current else outside, opens))  # type: ignore[arg-type]
    return labels
