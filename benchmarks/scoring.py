"""Baselines for draft scores on fixtures/corpus.

python benchmarks/scoring.py baselines           # constant, best anchor by cosine, axis projection, the interview's own mean
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from models.rubric import Rubric, anchor_levels  # noqa: E402
from pipeline import weights  # noqa: E402
from pipeline.settings import Settings  # noqa: E402
from pipeline.stages.embed import Embedder, SentenceEmbedder  # noqa: E402
from pipeline.stages.evidence import find_units  # noqa: E402
from scripts.scoring_data import Talk, load_sources  # noqa: E402

Guess = Callable[[Talk, Rubric], Sequence[float]]


def kappa(pairs: Sequence[tuple[int, int]]) -> float:
    """Quadratic weighted kappa over levels 1 to 5."""
    table = np.zeros((5, 5))
    for want, got in pairs:
        table[want - 1, got - 1] += 1
    far = np.subtract.outer(np.arange(5), np.arange(5)) ** 2
    chance = np.outer(table.sum(1), table.sum(0)) / table.sum()
    return float(1 - (far * table).sum() / (far * chance).sum())


def figures(found: Sequence[tuple[str, int, float]]) -> str:
    """One row of the table: QWK with its 90 % interval over interviews, mean error, order within an interview."""
    rounded = [(i, want, min(5, max(1, int(value + 0.5)))) for i, want, value in found]
    ids = sorted({i for i, _, _ in found})
    by_id = {i: [(want, got) for j, want, got in rounded if j == i] for i in ids}
    rng = np.random.default_rng(0)
    draws = [kappa([pair for i in rng.choice(ids, len(ids)) for pair in by_id[i]]) for _ in range(300)]
    right = total = 0.0
    for i in ids:
        own = [(want, value) for j, want, value in found if j == i]
        for a, b in itertools.combinations(own, 2):
            if abs(a[0] - b[0]) >= 2:
                total += 1
                right += 0.5 if a[1] == b[1] else float((a[1] > b[1]) == (a[0] > b[0]))
    error = np.mean([abs(want - got) for _, want, got in rounded])
    low, high = np.nanpercentile(draws, [5, 95])
    return f"{kappa([(w, g) for _, w, g in rounded]):.2f} ({low:.2f} to {high:.2f}) | {error:.2f} | {right / total:.2f}"


def baselines(embedder: Embedder, talks: Sequence[Talk], rubrics: dict[str, Rubric]) -> dict[str, Guess]:
    """The guesses that stay in the table for ever."""

    def cosines(talk: Talk, rubric: Rubric) -> list[tuple[list[str], np.ndarray]]:
        texts = {turn.t: turn.text for turn in talk.turns}
        said = embedder.encode([texts[u.turn][u.start : u.end] for u in find_units(talk.turns)])
        out = []
        for competency in rubric.competencies:
            keys = sorted(competency.anchors, key=anchor_levels)
            out.append((keys, said @ embedder.encode([competency.anchors[key] for key in keys]).T))
        return out

    def nearest(talk: Talk, rubric: Rubric) -> list[float]:
        found = []
        for keys, near in cosines(talk, rubric):
            best = keys[int(near.max(0).argmax())]
            found.append(sum(anchor_levels(best)) / 2)
        return found

    def axis(talk: Talk, rubric: Rubric) -> list[float]:
        found = []
        for _, near in cosines(talk, rubric):
            top = np.argsort(-near.max(1))[:5]
            found.append(3 + 10 * float((near[top, -1] - near[top, 0]).mean()))
        return found

    def halo(talk: Talk, rubric: Rubric) -> list[float]:
        levels = [level for level in talk.levels if level is not None]
        return [float(np.mean(levels))] * len(rubric.competencies)

    constant: Guess = lambda _, rubric: [3.0] * len(rubric.competencies)  # noqa: E731
    return {
        "constant 3": constant,
        "best anchor by cosine": nearest,
        "projection on the low-high axis": axis,
        "the interview's own true mean (halo; knows the answer)": halo,
    }


def main() -> None:
    """Print the table asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["baselines"])
    parser.parse_args()
    found = weights.find("minilm", Settings().cache)
    embedder = SentenceEmbedder(found.folder, found.label)
    sources = load_sources()
    talks = [talk for talk in sources.talks if talk.corpus]
    print("| guess | QWK (90 %) | mean error | order within |\n|---|---|---|---|")
    for name, guess in baselines(embedder, talks, sources.rubrics).items():
        rows = [
            (talk.id, level, float(value))
            for talk in talks
            for level, value in zip(talk.levels, guess(talk, sources.rubrics[talk.rubric]), strict=True)
            if level is not None
        ]
        print(f"| {name} | {figures(rows)} |")


if __name__ == "__main__":
    main()
