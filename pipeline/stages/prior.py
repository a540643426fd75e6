"""What the running question is about: a first guess at the competencies that its answer speaks to, which evidence can overrule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.answer import Answer
from models.rubric import Rubric
from models.transcript import Turn
from pipeline.stages.embed import Embedder
from pipeline.stages.masking import plain_text
from pipeline.stages.network import Floats, competency_texts

COLUMNS = 2


def question_prior(
    turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric, embedder: Embedder
) -> dict[int, Floats]:
    """For each turn inside a question, an array (competencies, 2).

    The first column is 1 where the bank says that the question evaluates the competency, -1 where it evaluates others, 0 for a question
    that is not in the bank. The second is how much nearer the question's words are to the competency's texts than to the others' on
    average (cosine, times ten).
    """
    if not answers:
        return {}
    ids = [competency.id for competency in rubric.competencies]
    evaluates = {question.id: question.evaluates for question in rubric.questions}
    by_number = {turn.t: turn for turn in turns}
    asked = [" ".join(by_number[t].text for t in answer.asked_in if t in by_number) for answer in answers]
    texts = [text for competency in rubric.competencies for text in competency_texts(competency)]
    keys = embedder.encode(texts).reshape(len(ids), 4, -1).mean(1)
    near = embedder.encode([plain_text(text) or "nothing" for text in asked]) @ keys.T
    found: dict[int, Floats] = {}
    for answer, row in zip(answers, near, strict=True):
        named = evaluates.get(answer.question, ())
        says = np.array([(1.0 if c in named else -1.0) if named else 0.0 for c in ids], dtype=np.float32)
        columns = np.stack([says, 10 * (row - row.mean())], axis=1).astype(np.float32)
        found.update(dict.fromkeys(answer.turns, columns))
    return found
