"""Learn how the talk is cut per question: the weights of the path, and of matching blocks to the bank.

usage: python scripts/train_questions.py CORPUS [CORPUS ...] [--out pipeline/stages/data/questions.json]

Each CORPUS has interviews/, truth/ and rubrics/ as fixtures/corpus/README.md describes. Both models are convex and start at zero, so the result
depends on nothing but the corpora. Learned also from rougher forms of the same talk (turns split and merged), without the bank, and
with one question of the bank left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(File(__file__).parent))
from question_examples import Labelled, inside, labelled, rough, rubrics_of, without_bank, without_question

from pipeline.stages import question_names, question_path
from pipeline.stages.embed import Embedder
from pipeline.stages.question_features import OWN, Matrix, read_talk
from pipeline.stages.question_path import CLASSES, Path, Scene, possible, row_of, taken

PATH_L2, NAME_L2 = 1.0, 1.0
ROUGH_WEIGHT, FEWER_WEIGHT = 0.4, 0.2
FLOAT = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """One step of a key's path: which classes were possible, the turn's feature row, and which was taken."""

    classes: tuple[int, ...]
    row: NDArray[np.float32]
    taken: int
    weight: float


@dataclass(frozen=True)
class Matching:
    """The blocks of one interview with the bank: feature table, and the column of each block."""

    table: Matrix
    columns: tuple[int, ...]
    weight: float


def path_choices(one: Labelled, embedder: Embedder, weight: float = 1.0) -> list[Choice]:
    """The steps of the key's own path."""
    scene = Scene(read_talk(one.turns, one.rubric, embedder))
    path, found, before = Path(), [], ""
    for at, label in enumerate(one.labels):
        steps = possible(scene, at, path)
        prefix = "" if scene.talk.asking[at] else "other-"
        stays = prefix + ("stay" if inside(label) else "stay-out")
        step = stays if label == before else "open" if inside(label) else prefix + label
        if step in steps:
            classes = tuple(CLASSES.index(name) for name in steps)
            found.append(Choice(classes, row_of(scene, at, path), steps.index(step), weight))
        path, before = taken(at, path, step), label
    return found


def matching(one: Labelled, embedder: Embedder, weight: float = 1.0) -> Matching:
    """The first block of each question with its column; blocks that take a question up again are left out."""
    ids = [question.id for question in one.rubric.questions]
    first: dict[str, list[int]] = {}
    for label, positions in one.blocks():
        if inside(label):
            first.setdefault(label, positions)
    seen = question_names.BankReader(one.turns, one.rubric, embedder).read(list(first.values()))
    columns = tuple(ids.index(label) if label in ids else len(ids) for label in first)
    return Matching(question_names.table(seen), columns, weight)


def path_examples(
    interviews: Iterable[Labelled], embedder: Embedder, forms: Sequence[str] = ("split", "merged")
) -> list[Choice]:
    """Choices of the interviews as they are, in rougher forms, and without the bank."""
    found: list[Choice] = []
    for one in interviews:
        found += path_choices(one, embedder)
        for form in forms:
            found += path_choices(rough(one, form), embedder, ROUGH_WEIGHT)
        if one.rubric.questions:
            found += path_choices(without_bank(one), embedder, ROUGH_WEIGHT)
    return found


def name_examples(interviews: Iterable[Labelled], embedder: Embedder) -> list[Matching]:
    """Matchings of the interviews with a bank, whole and with each question left out in turn."""
    found = []
    for one in interviews:
        if not one.rubric.questions:
            continue
        found.append(matching(one, embedder))
        for question in one.rubric.questions if len(one.rubric.questions) > 1 else ():
            found.append(matching(without_question(one, frozenset([question.id])), embedder, FEWER_WEIGHT))
    return found


def learn_path(examples: Sequence[Choice], l2: float = PATH_L2) -> Matrix:
    """Weights (classes, WIDTH) of the regularised conditional logit."""
    rows = np.stack([choice.row for choice in examples]).astype(np.float64)
    allowed = np.full((len(examples), len(CLASSES)), -np.inf)
    target = np.array([choice.classes[choice.taken] for choice in examples])
    for at, choice in enumerate(examples):
        allowed[at, list(choice.classes)] = 0.0
    weight = np.array([choice.weight for choice in examples])
    which = np.arange(len(examples))

    def loss(flat: FLOAT) -> tuple[float, FLOAT]:
        weights = flat.reshape(len(CLASSES), -1)
        logits = rows @ weights.T + allowed
        logits -= np.logaddexp.reduce(logits, axis=1, keepdims=True)
        delta = np.exp(logits)
        delta[which, target] -= 1.0
        value = -float(weight @ logits[which, target]) + 0.5 * l2 * float(flat @ flat)
        return value, ((delta * weight[:, None]).T @ rows).reshape(-1) + l2 * flat

    return _minimised(loss, len(CLASSES) * rows.shape[1]).reshape(len(CLASSES), -1).astype(np.float32)


def learn_names(examples: Sequence[Matching], l2: float = NAME_L2) -> NDArray[np.float32]:
    """Weights (WIDTH,) under which the key's assignments are likeliest among all one-to-one assignments (summed exactly)."""
    by_bank: dict[int, list[Matching]] = {}
    for example in examples:
        by_bank.setdefault(example.table.shape[1] - 1, []).append(example)
    batches = [_batch(group) for k, group in sorted(by_bank.items()) if k <= 8]

    def loss(weights: FLOAT) -> tuple[float, FLOAT]:
        value, slope = 0.5 * l2 * float(weights @ weights), l2 * weights
        for tables, real, target, weight in batches:
            scores = np.where(real[..., None], tables @ weights, 0.0)
            total, share = _assignments(scores, real)
            share[target] -= 1.0
            value += float(weight @ total) - float((scores[target] * weight[target[0]]).sum())
            slope = slope + np.einsum("bnk,bnkd->d", share * weight[:, None, None] * real[..., None], tables)
        return value, slope

    return _minimised(loss, question_names.WIDTH).astype(np.float32)


def _batch(group: Sequence[Matching]) -> tuple[FLOAT, NDArray[np.bool_], tuple[Any, Any, Any], FLOAT]:
    most, k = max(len(one.columns) for one in group), group[0].table.shape[1]
    tables = np.zeros((len(group), most, k, question_names.WIDTH))
    real = np.zeros((len(group), most), dtype=bool)
    where: list[tuple[int, int, int]] = []
    for at, one in enumerate(group):
        tables[at, : len(one.columns)], real[at, : len(one.columns)] = one.table, True
        where += [(at, i, column) for i, column in enumerate(one.columns)]
    picked = np.array(where).T
    return tables, real, (picked[0], picked[1], picked[2]), np.array([one.weight for one in group])


def _assignments(scores: FLOAT, real: NDArray[np.bool_]) -> tuple[FLOAT, FLOAT]:
    """Log of the summed weight of all assignments (batch,), and each pair's share in it, by a sum over sets of used questions."""
    b, n, k = scores.shape[0], scores.shape[1], scores.shape[2] - 1
    sets = np.arange(1 << k)
    unused = [sets[(sets >> j) & 1 == 0] for j in range(k)]
    ahead = np.full((n + 1, b, 1 << k), -1e30)
    ahead[0, :, 0] = 0.0
    back = np.zeros((n + 1, b, 1 << k))
    bank = np.where(real[..., None], scores[..., :k], -1e30)
    for i in range(n):
        ahead[i + 1] = ahead[i] + scores[:, i, k, None]
        for j, free in enumerate(unused):
            ahead[i + 1][:, free | 1 << j] = np.logaddexp(
                ahead[i + 1][:, free | 1 << j], ahead[i][:, free] + bank[:, i, j, None]
            )
    for i in reversed(range(n)):
        back[i] = back[i + 1] + scores[:, i, k, None]
        for j, free in enumerate(unused):
            back[i][:, free] = np.logaddexp(back[i][:, free], back[i + 1][:, free | 1 << j] + bank[:, i, j, None])
    total = np.logaddexp.reduce(ahead[n], axis=1)
    share = np.zeros_like(scores)
    for i in range(n):
        share[:, i, k] = np.exp(np.logaddexp.reduce(ahead[i] + back[i + 1], axis=1) + scores[:, i, k] - total)
        for j, free in enumerate(unused):
            way = np.logaddexp.reduce(ahead[i][:, free] + back[i + 1][:, free | 1 << j], axis=1)
            share[:, i, j] = np.exp(way + bank[:, i, j] - total)
    return total, share


def _minimised(loss: Any, size: int) -> FLOAT:
    from scipy.optimize import minimize

    found: FLOAT = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return found


def written(path: Matrix, names: NDArray[np.float32], interviews: int) -> str:
    """The learned weights as JSON with the names of what they weigh."""
    columns = [*OWN, *question_path.PAST]
    return json.dumps(
        {
            "about": f"weights of the question cut, learned from {interviews} labelled interviews by scripts/train_questions.py",
            "columns": columns,
            "path": {name: [round(float(x), 3) for x in row] for name, row in zip(CLASSES, path, strict=True)},
            "names": [round(float(x), 3) for x in names],
        },
        indent=1,
    )


def main() -> None:
    """Learn from the corpora named on the command line and write the weights."""
    from embedder_for_scripts import sentence_embedder

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", nargs="+", type=File)
    parser.add_argument("--out", type=File, default=File("pipeline/stages/data/questions.json"))
    options = parser.parse_args()
    rubrics = rubrics_of(options.corpora)
    interviews = [one for folder in options.corpora for one in labelled(folder, rubrics)]
    embedder = sentence_embedder()
    path = learn_path(path_examples(interviews, embedder))
    names = learn_names(name_examples(interviews, embedder))
    options.out.write_text(written(path, names, len(interviews)) + "\n")
    print(f"{len(interviews)} interviews -> {options.out}")


if __name__ == "__main__":
    main()
