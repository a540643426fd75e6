"""The likeliest path through the talk: at each turn stay, open a question, or leave; judged over the whole talk.

Each step is a softmax over what is possible after the path so far (a conditional logit), and a beam keeps the best whole paths, so that a
later turn can overrule an earlier reading. The weights are learned from labelled interviews by ``scripts/train_questions.py``; no
feature names a word of any trade, so they carry over to other rubrics. Which question of the bank a block belongs to is settled
afterwards, one to one over the whole talk (``question_names``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.question_features import OWN, Matrix, Talk

OUTSIDE = ("small-talk", "logistics", "candidate-questions", "closing")
CLASSES = (
    "stay", "stay-out", "open", *OUTSIDE, "other-stay", "other-stay-out", *(f"other-{name}" for name in OUTSIDE),
)  # fmt: skip
"""What a step does; the ``other-`` ones are steps of a turn that may not open a question."""
_INDEX = {name: at for at, name in enumerate(CLASSES)}

MODES = ("start", *OUTSIDE, "question")
PAST = (
    *MODES, "turns-since", "words-since", "unanswered", "opened", "near-opening", "near-talk", "new-talk", "in-no-bank",
    "turns-away", "same-best", "probe-of-best",
)  # fmt: skip
WIDTH = len(OWN) + len(PAST)
BEAM, NEAR = 20, 5.0
_COHESION = OWN.index("cohesion")


@dataclass(frozen=True, slots=True)
class Path:
    """A path up to some turn: its mode, the turn that began the running block, how many questions were opened."""

    mode: str = "start"
    since: int = 0
    opened: int = 0
    score: float = 0.0
    step: str = ""
    before: Path | None = field(default=None, compare=False, repr=False)

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps, in order."""
        found, at = [], self
        while at.before is not None:
            found.append(at.step)
            at = at.before
        return tuple(reversed(found))


class Scene:
    """A talk with what can be worked out once for all paths."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.has_bank = talk.best.shape[1] > 0
        self.said = np.concatenate([[0], np.cumsum(np.where(talk.asking, 0, talk.n_words))])
        self.asked = np.concatenate([[0], np.cumsum(talk.asking & (talk.n_words > 4))])

    def past(self, at: int, path: Path) -> list[float]:
        """The numbers of PAST: where the path is, how long it has been there, and how the turn fits the running block."""
        row = self.measured(at, path)
        row[_OPENED] = min(1.0, path.opened / 8)
        return row

    def measured(self, at: int, path: Path) -> list[float]:
        """As :meth:`past`, with zero for how many questions were opened."""
        talk, since = self.talk, path.since
        inside = path.mode == "question"
        said = float(self.said[at] - self.said[since])
        row = [float(path.mode == name) for name in MODES]
        row += [
            float(np.log1p(self.asked[at] - self.asked[since])) / 2,
            float(np.log1p(said)) / 5,
            float(inside and said < 8),
            0.0,
        ]
        if not inside:
            return row + [0.0] * (len(PAST) - len(row))
        own = talk.content[at]
        before: frozenset[str] = frozenset().union(*talk.content[since:at])
        cohesion = len(own & before) / len(own) if own else 0.5
        row += [float(talk.vectors[at] @ talk.vectors[since]), cohesion, cohesion - float(talk.own[at, _COHESION])]
        if not self.has_bank or not talk.asking[at]:
            return [*row, float(not self.has_bank), 0.0, 0.0, 0.0]
        here, there = int(talk.best[at].argmax()), int(talk.best[since].argmax())
        away = float(talk.best[at, here] - talk.best[since, here])
        return [*row, 0.0, away, float(here == there), float(talk.probe[at, there] - talk.best[at, here])]


_OPENED = PAST.index("opened")


def possible(scene: Scene, at: int, path: Path) -> list[str]:
    """What the turn may do after this path, in the order of CLASSES."""
    asking = bool(scene.talk.asking[at])
    prefix = "" if asking else "other-"
    steps = [] if path.mode == "start" else [prefix + ("stay" if path.mode == "question" else "stay-out")]
    steps += ["open"] if asking else []
    return steps + [prefix + name for name in OUTSIDE if name != path.mode]


def taken(at: int, path: Path, step: str, score: float = 0.0) -> Path:
    """The path after that step."""
    stays = step.removeprefix("other-").startswith("stay")
    return Path(
        mode=path.mode if stays else "question" if step == "open" else step.removeprefix("other-"),
        since=path.since if stays else at, opened=path.opened + (step == "open"), score=path.score + score, step=step, before=path,
    )  # fmt: skip


def row_of(scene: Scene, at: int, path: Path) -> NDArray[np.float32]:
    """The whole feature row of a turn after a path, WIDTH numbers; training reads it."""
    return np.concatenate([scene.talk.own[at], np.array(scene.past(at, path), dtype=np.float32)])


class Judge:
    """Log probabilities of the steps through one talk, by learned weights of shape (classes, WIDTH).

    What paths in the same mode since the same turn share is worked out once; a beam of a long talk asks for it thousands of times.
    """

    def __init__(self, scene: Scene, weights: Matrix) -> None:
        self.scene = scene
        self._own = scene.talk.own @ weights[:, : len(OWN)].T
        self._tail = weights[:, len(OWN) :]
        self._known: dict[tuple[int, str, int], tuple[list[str], list[float], list[float]]] = {}

    def steps(self, at: int, path: Path) -> Iterator[tuple[str, float]]:
        """What the turn may do after the path, each with its log probability."""
        key = (at, path.mode, path.since)
        if key not in self._known:
            names = possible(self.scene, at, path)
            which = [_INDEX[name] for name in names]
            past = np.array(self.scene.measured(at, path), dtype=np.float32)
            base = (self._own[at, which] + self._tail[which] @ past).tolist()
            self._known[key] = (names, base, self._tail[which, _OPENED].tolist())
        names, row, slope = self._known[key]
        opened = min(1.0, path.opened / 8)
        logits = [value + opened * more for value, more in zip(row, slope, strict=True)]
        top = max(logits)
        total = top + math.log(sum(math.exp(logit - top) for logit in logits))
        return zip(names, (logit - total for logit in logits), strict=True)


def best_paths(scene: Scene, weights: Matrix, beam: int = BEAM) -> list[Path]:
    """The likeliest path for each number of questions opened that comes near the best, likeliest first; at most five.

    ``weights`` is (classes, WIDTH). Ties go to the earlier path in the beam.
    """
    judge = Judge(scene, weights)
    paths = [Path()]
    for at in range(len(scene.talk.n_words)):
        grown: dict[tuple[str, int, int], Path] = {}
        for path in paths:
            for step, logit in judge.steps(at, path):
                new = taken(at, path, step, logit)
                key = (new.mode, new.since, new.opened)
                if key not in grown or grown[key].score < new.score:
                    grown[key] = new
        paths = sorted(grown.values(), key=lambda path: -path.score)[:beam]
    by_count: dict[int, Path] = {}
    for path in paths:
        by_count.setdefault(path.opened, path)
    return [path for path in by_count.values() if path.score > paths[0].score - NEAR][:5]


def blocks_of(steps: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Neighbouring turns of one block: its mode and the positions of its turns, in order."""
    found: list[tuple[str, list[int]]] = []
    for at, step in enumerate(steps):
        if step.removeprefix("other-").startswith("stay"):
            found[-1][1].append(at)
        else:
            found.append(("question" if step == "open" else step.removeprefix("other-"), [at]))
    return found
