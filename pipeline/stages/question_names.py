"""Which question each block is about: the bank's questions are given to blocks one to one over the whole talk.

Every block is compared with every question (the asking, its pieces, the follow-ups, the words of the answer). A linear model scores the pairs and the
chance that a block is not from the bank, and the best one-to-one assignment wins: a block whose wording fits two questions gets the one
that no other block needs. Learned by ``scripts/train_questions.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.rubric import Question, Rubric
from models.transcript import Turn
from pipeline.stages.embed import Embedder
from pipeline.stages.question_features import Matrix, gist, may_open, pieces
from pipeline.stages.talk_cues import asks, content, cue_counts, flat

KINDS = ("full", "piece", "opening-probe", "probe", "competency", "opening-words", "answer", "answer-words")
FREE = ("first", "last", "blocks", "other-competency", "asks", "long", "best", "common", "off-list")
COMMON = (
    "How did you get into this line of work?", "Why are you looking to leave your job?", "Why do you want to work here?",
    "Where do you want to be in a few years?", "What is the hardest feedback that somebody gave you?", "Tell me about yourself.",
    "What are you not good at?", "What would your colleagues say about you?", "How do you organise a week when everything happens at once?",
    "How do you keep your knowledge up to date?", "What are you most proud of?", "How do you like to be managed?",
    "What makes somebody good at this job?", "Which tools do you use?", "What have you improved without being asked?",
)  # fmt: skip
"""What interviewers ask in any job without its being on the list."""

PAIRED = 2 * len(KINDS) + 3
WIDTH = PAIRED + len(FREE)
ANSWER_WORDS, ANSWER_TURNS = 32, 1

_RETURN = re.compile(
    r"\b(?:(?:go|going|come|coming|get|circle|back) (?:back )?to|back (?:to|up|a)|again|another way|different way|differently|asked you (?:that|about)"
    r"|more narrowly|let me re|rephrase|one more (?:time|go)|earlier|second (?:try|go))\b"
)
_RESUME = re.compile(
    r"\b(?:go on|carry on|where were we|you were saying|keep going|continue|as you were|pick up where)\b"
)
RETURN_NEAR, RETURN_NEAR_CUED = 0.72, 0.42


@dataclass(frozen=True)
class Blocks:
    """What is known of the blocks: ``near`` per KINDS (blocks, questions), ``free`` (blocks, len(FREE)), ``openings`` unit vectors."""

    near: dict[str, Matrix]
    free: Matrix
    openings: Matrix
    texts: tuple[str, ...]


def name_blocks(
    turns: Sequence[Turn],
    blocks: Sequence[Sequence[int]],
    rubric: Rubric,
    embedder: Embedder,
    weights: NDArray[np.float32],
) -> tuple[list[str], float]:
    """For each block (positions of its turns) the id of its question; ``free-N`` in the order asked where none of the bank fits.

    Also how much better the assignment scores than "none is from the bank".
    """
    if not blocks:
        return [], 0.0
    seen = read_blocks(turns, blocks, rubric, embedder)
    scores = table(seen) @ weights
    column = assigned(scores)
    k = len(rubric.questions)
    fit = float(sum(scores[i, at] - scores[i, k] for i, at in enumerate(column)))
    for i in range(1, len(blocks)):
        twin = _returns_to(seen, scores, column, i)
        if twin is not None:
            column[i] = column[twin] if column[twin] < k else -1 - _first_of(column, twin)
    names: list[str] = []
    count = 0
    for at in column:
        if at < 0:
            names.append(names[-1 - at])
        elif at < k:
            names.append(rubric.questions[at].id)
        else:
            count += 1
            names.append(f"free-{count}")
    return names, fit


def _first_of(column: Sequence[int], at: int) -> int:
    """The block that the block at ``at`` itself returns to, or ``at``."""
    return -1 - column[at] if column[at] < 0 else at


def _returns_to(seen: Blocks, scores: Matrix, column: Sequence[int], i: int) -> int | None:
    """The earlier block that this one takes up again, or None: it says so, or asks nearly the same."""
    if column[i] < scores.shape[1] - 1:
        return None
    plain = flat(seen.texts[i])
    if _RESUME.search(plain):
        return i - 1
    cued = bool(_RETURN.search(plain))
    near = seen.openings[:i] @ seen.openings[i]
    for j in range(i):
        if cued and 0 <= column[j] < scores.shape[1] - 1 and scores[i, column[j]] > scores[i, -1]:
            near[j] += 0.3
    best = int(near.argmax())
    return best if near[best] >= (RETURN_NEAR_CUED if cued else RETURN_NEAR) else None


def assigned(scores: Matrix) -> list[int]:
    """Per block the column of its question, each question at most once; the last column (not in the bank) any number of times."""
    from scipy.optimize import linear_sum_assignment

    n, k = scores.shape[0], scores.shape[1] - 1
    gain = np.concatenate([scores[:, :k], np.repeat(scores[:, k:], n, axis=1)], axis=1)
    _, columns = linear_sum_assignment(-gain)
    return [min(int(at), k) for at in columns]


def table(seen: Blocks) -> Matrix:
    """The feature rows of each block with each question and, last, with "not in the bank": (blocks, questions + 1, WIDTH)."""
    n, k = seen.near["full"].shape
    out = np.zeros((n, k + 1, WIDTH), dtype=np.float32)
    if k:
        for at, kind in enumerate(KINDS):
            near = seen.near[kind]
            row = near.mean(axis=1, keepdims=True)
            out[:, :k, 2 * at] = near - row - near.mean(axis=0) + near.mean() if n > 2 else near - row
            out[:, :k, 2 * at + 1] = near - _best_other(near)
        out[:, :k, PAIRED - 3], out[:, :k, PAIRED - 2], out[:, :k, PAIRED - 1] = (
            seen.near["full"],
            seen.near["piece"],
            1.0,
        )
    out[:, k, PAIRED:] = seen.free
    return out


def _best_other(near: Matrix) -> Matrix:
    """For each question the highest value of the row's other questions (0 where there is one question)."""
    k = near.shape[1]
    if k < 2:
        return np.zeros_like(near)
    order = np.sort(near, axis=1)
    return np.where(near >= order[:, -1:], order[:, -2:-1], order[:, -1:])


def read_blocks(turns: Sequence[Turn], blocks: Sequence[Sequence[int]], rubric: Rubric, embedder: Embedder) -> Blocks:
    """Compare every block with every question of the bank; embeds openings, follow-ups and the head of each answer."""
    n, k = len(blocks), len(rubric.questions)
    asking = [[turns[at] for at in block if may_open(turns[at])] or [turns[block[0]]] for block in blocks]
    openings = [gist(row[0].text) for row in asking]
    vectors = embedder.encode(openings)
    near = {kind: np.zeros((n, k), dtype=np.float32) for kind in KINDS}
    free = np.zeros((n, len(FREE)), dtype=np.float32)
    if not k:
        return Blocks(near, free, vectors, tuple(row[0].text for row in asking))
    answers = [" ".join(turns[at].text for at in block if not may_open(turns[at])) for block in blocks]
    parts = [[*(pieces(text) if len(text.split()) > 12 else []), text] for text in openings]
    follow = [[gist(turn.text) for turn in row[1:] if turn.n_words > 3] for row in asking]
    heads = [_answer_heads([turns[at] for at in block if not may_open(turns[at])]) for block in blocks]
    embedder.encode([text for row in (*parts, *follow, *heads) for text in row])
    stems = [_stems(question, rubric) for question in rubric.questions]
    spread = Counter(stem for own in stems for stem in own)
    for j, question in enumerate(rubric.questions):
        aims = embedder.encode([question.text, *_aims(question, rubric)])
        asked = embedder.encode([question.text, *pieces(question.text)])
        probes = (
            embedder.encode(list(question.probes))
            if question.probes
            else np.zeros((1, vectors.shape[1]), dtype=np.float32)
        )
        for i in range(n):
            part, answer = embedder.encode(parts[i]), content(answers[i])
            near["full"][i, j] = vectors[i] @ asked[0]
            near["piece"][i, j] = (part @ asked.T).max()
            near["opening-probe"][i, j] = (part @ probes.T).max()
            near["probe"][i, j] = (embedder.encode(follow[i]) @ probes.T).max(axis=1).mean() if follow[i] else 0.0
            near["competency"][i, j] = (part @ aims[1:].T).max() if len(aims) > 1 else 0.0
            near["opening-words"][i, j] = sum(1 / spread[stem] for stem in stems[j] & content(openings[i])) / 3
            near["answer"][i, j] = (embedder.encode(heads[i]) @ aims.T).mean() if heads[i] else 0.0
            near["answer-words"][i, j] = sum(1 / spread[stem] for stem in stems[j] & answer) / 5
    evaluated = {key for question in rubric.questions for key in question.evaluates}
    rest = [f"{c.name}. {c.definition}" for c in rubric.competencies if c.id not in evaluated]
    best = np.maximum(near["full"], near["piece"]).max(axis=1)
    common = embedder.encode(list(COMMON)).T
    for i in range(n):
        other = (
            float((embedder.encode(parts[i]) @ embedder.encode(rest).T).max() - near["competency"][i].max())
            if rest
            else 0.0
        )
        free[i] = (
            float(i == 0), float(i == n - 1), min(n, 10) / 8, other, float(asks(asking[i][0].text)),
            min(2.0, len(openings[i].split()) / 40), best[i],
            float((embedder.encode(parts[i]) @ common).max() - best[i]), cue_counts(asking[i][0].text)["off-list"],
        )  # fmt: skip
    return Blocks(near, free, vectors, tuple(row[0].text for row in asking))


def _aims(question: Question, rubric: Rubric) -> list[str]:
    return [f"{c.name}. {c.definition}" for c in rubric.competencies if c.id in question.evaluates]


def _stems(question: Question, rubric: Rubric) -> frozenset[str]:
    return content(" ".join([question.text, *question.probes, *_aims(question, rubric)]))


def _answer_heads(said: Sequence[Turn]) -> list[str]:
    """The first words of the first turn that says more than a few words."""
    return [" ".join(turn.text.split()[:ANSWER_WORDS]) for turn in said if turn.n_words > 7][:ANSWER_TURNS]
