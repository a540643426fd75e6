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
from typing import NamedTuple

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
_FIRST, _LAST, _BLOCKS = FREE.index("first"), FREE.index("last"), FREE.index("blocks")


@dataclass(frozen=True)
class Blocks:
    """What is known of the blocks: ``near`` per KINDS (blocks, questions), ``free`` (blocks, len(FREE)), ``openings`` unit vectors."""

    near: dict[str, Matrix]
    free: Matrix
    openings: Matrix
    texts: tuple[str, ...]


class BankReader:
    """Compares blocks of one talk with a rubric's bank; each block is read once, however often it comes back in another path."""

    def __init__(self, turns: Sequence[Turn], rubric: Rubric, embedder: Embedder) -> None:
        self.turns = turns
        self.embedder = embedder
        self.size = len(rubric.questions)
        self._read: dict[tuple[int, ...], _Block] = {}
        asked = [[question.text, *pieces(question.text)] for question in rubric.questions]
        aims = [_aims(question, rubric) for question in rubric.questions]
        probes = [list(question.probes) for question in rubric.questions]
        evaluated = {key for question in rubric.questions for key in question.evaluates}
        rest = [f"{c.name}. {c.definition}" for c in rubric.competencies if c.id not in evaluated]
        if not self.size:
            return
        groups = [*asked, *aims, *probes, rest, list(COMMON)]
        embedder.encode([text for group in groups for text in group], lasting=True)
        self._asked, self._aims, self._probes = (
            [embedder.encode(row) for row in rows] for rows in (asked, aims, probes)
        )
        self._rest, self._common = embedder.encode(rest), embedder.encode(list(COMMON))
        self._stems = [_stems(question, rubric) for question in rubric.questions]
        self._spread = Counter(stem for own in self._stems for stem in own)

    def read(self, blocks: Sequence[Sequence[int]]) -> Blocks:
        """The blocks (positions of their turns) against every question of the bank."""
        self._prepare([tuple(block) for block in blocks])
        rows = [self._read[tuple(block)] for block in blocks]
        near = {
            kind: np.array([row.near[at] for row in rows], dtype=np.float32).reshape(len(rows), self.size)
            for at, kind in enumerate(KINDS)
        }
        free = np.array([row.free for row in rows], dtype=np.float32).reshape(len(rows), len(FREE))
        if self.size and rows:
            free[0, _FIRST] = free[-1, _LAST] = 1.0
            free[:, _BLOCKS] = min(len(rows), 10) / 8
        openings = np.stack([row.opening for row in rows]) if rows else self.embedder.encode([])
        return Blocks(near, free, openings, tuple(row.text for row in rows))

    def _prepare(self, blocks: Sequence[tuple[int, ...]]) -> None:
        """Read the blocks that are new; their texts are embedded in one go."""
        new = [block for block in dict.fromkeys(blocks) if block not in self._read]
        texts = [_Texts.of([self.turns[at] for at in block]) for block in new]
        wanted = [
            text
            for own in texts
            for text in (own.parts[-1:] if not self.size else [*own.parts, *own.follow, *own.heads])
        ]
        self.embedder.encode(wanted)
        for block, own in zip(new, texts, strict=True):
            self._read[block] = self._measured(own)

    def _measured(self, own: _Texts) -> _Block:
        """One block against every question of the bank."""
        part = self.embedder.encode(own.parts)
        if not self.size:
            return _Block(
                np.zeros((len(KINDS), 0), dtype=np.float32), np.zeros(len(FREE), dtype=np.float32), part[-1], own.text
            )
        follow, heads = self.embedder.encode(own.follow), self.embedder.encode(own.heads)
        asked_stems, said_stems = content(own.parts[-1]), own.said
        near = np.zeros((len(KINDS), self.size), dtype=np.float32)
        for j, (asked, aims, probes) in enumerate(zip(self._asked, self._aims, self._probes, strict=True)):
            shared = [sum(1 / self._spread[stem] for stem in self._stems[j] & own) for own in (asked_stems, said_stems)]
            near[:, j] = (
                part[-1] @ asked[0],
                (part @ asked.T).max(),
                (part @ probes.T).max() if len(probes) else 0.0,
                (follow @ probes.T).max(axis=1).mean() if len(probes) and len(follow) else 0.0,
                (part @ aims.T).max() if len(aims) else 0.0,
                shared[0] / 3,
                (heads @ np.concatenate([asked[:1], aims]).T).mean() if len(heads) else 0.0,
                shared[1] / 5,
            )
        best = float(np.maximum(near[0], near[1]).max())
        other = float((part @ self._rest.T).max() - near[4].max()) if len(self._rest) else 0.0
        free = np.array(
            [
                0.0, 0.0, 0.0, other, float(asks(own.text)), min(2.0, len(own.parts[-1].split()) / 40), best,
                float((part @ self._common.T).max()) - best, cue_counts(own.text)["off-list"],
            ],
            dtype=np.float32,
        )  # fmt: skip
        return _Block(near, free, part[-1], own.text)


class _Texts(NamedTuple):
    """What is compared of a block: the opening's pieces and last the whole opening, follow-ups, heads of the answer, its stems."""

    text: str
    parts: list[str]
    follow: list[str]
    heads: list[str]
    said: frozenset[str]

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> _Texts:
        asking = [turn for turn in turns if may_open(turn)] or [turns[0]]
        answering = [turn for turn in turns if not may_open(turn)]
        opening = gist(asking[0].text)
        return cls(
            text=asking[0].text,
            parts=[*(pieces(opening) if len(opening.split()) > 12 else []), opening],
            follow=[gist(turn.text) for turn in asking[1:] if turn.n_words > 3],
            heads=_answer_heads(answering),
            said=content(" ".join(turn.text for turn in answering)),
        )


class _Block(NamedTuple):
    near: Matrix
    free: NDArray[np.float32]
    opening: NDArray[np.float32]
    text: str


def name_blocks(
    blocks: Sequence[Sequence[int]], rubric: Rubric, reader: BankReader, weights: NDArray[np.float32]
) -> tuple[list[str], float]:
    """For each block (positions of its turns) the id of its question; ``free-N`` in the order asked where none of the bank fits.

    Also how much better the assignment scores than "none is from the bank".
    """
    if not blocks:
        return [], 0.0
    seen = reader.read(blocks)
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
    n, k = scores.shape[0], scores.shape[1] - 1
    gain = np.concatenate([scores[:, :k], np.repeat(scores[:, k:], n, axis=1)], axis=1)
    return [min(column, k) for column in cheapest(-gain)]


def cheapest(cost: Matrix) -> list[int]:
    """The column of each row in the cheapest one-to-one assignment; there are at least as many columns as rows.

    Shortest augmenting paths (Jonker and Volgenant 1987), one row after the other. scipy has the same, but takes most of a second to
    load for a table this small; a test holds the two together.
    """
    n, m = cost.shape
    of_row, of_column = np.zeros(n), np.zeros(m)  # dual prices
    owner = np.full(m, -1)
    for row in range(n):
        least, before = np.full(m, np.inf), np.full(m, -1)
        done = np.zeros(m, dtype=bool)
        at, last, length = row, -1, 0.0
        while True:
            way = length + cost[at] - of_row[at] - of_column
            nearer = ~done & (way < least)
            least[nearer], before[nearer] = way[nearer], last
            nxt = int(np.where(done, np.inf, least).argmin())
            length, last = float(least[nxt]), nxt
            done[nxt] = True
            if owner[nxt] < 0:
                break
            at = int(owner[nxt])
        of_row[row] += length
        for column in np.flatnonzero(done):
            if owner[column] >= 0:
                of_row[owner[column]] += length - least[column]
            of_column[column] -= length - least[column]
        while last >= 0:
            owner[last] = owner[before[last]] if before[last] >= 0 else row
            last = int(before[last])
    columns = {int(row): column for column, row in enumerate(owner) if row >= 0}
    return [columns[row] for row in range(n)]


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


def _aims(question: Question, rubric: Rubric) -> list[str]:
    return [f"{c.name}. {c.definition}" for c in rubric.competencies if c.id in question.evaluates]


def _stems(question: Question, rubric: Rubric) -> frozenset[str]:
    return content(" ".join([question.text, *question.probes, *_aims(question, rubric)]))


def _answer_heads(said: Sequence[Turn]) -> list[str]:
    """The first words of the first turn that says more than a few words."""
    return [" ".join(turn.text.split()[:ANSWER_WORDS]) for turn in said if turn.n_words > 7][:ANSWER_TURNS]
