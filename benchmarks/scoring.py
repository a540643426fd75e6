"""Baselines for draft scores on fixtures/corpus, and what drafts cost.

python benchmarks/scoring.py baselines           # constant, best anchor by cosine, axis projection, the interview's own mean
python benchmarks/scoring.py speed               # an hour of talk against eight competencies; again after an edit of the rubric
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from models.answer import Answer  # noqa: E402
from models.rubric import Rubric, anchor_levels  # noqa: E402
from models.transcript import Turn  # noqa: E402
from pipeline import weights, wiring  # noqa: E402
from pipeline.settings import Settings  # noqa: E402
from pipeline.stages.embed import Embedder, SentenceEmbedder  # noqa: E402
from pipeline.stages.evidence import find_units  # noqa: E402
from pipeline.stages.score import Scorer  # noqa: E402
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


def hour(talks: Sequence[Talk]) -> tuple[tuple[Turn, ...], tuple[Answer, ...]]:
    """Talks of one rubric, one after the other, until they last an hour; turns and answers numbered through."""
    turns: list[Turn] = []
    answers: list[Answer] = []
    offset = 0.0
    for talk in talks:
        at = len(turns)
        number = {turn.t: at + k for k, turn in enumerate(talk.turns)}
        turns += [
            turn.model_copy(
                update={"t": number[turn.t], "start": (turn.start or 0) + offset, "end": (turn.end or 0) + offset}
            )
            for turn in talk.turns
        ]
        answers += [
            answer.model_copy(
                update={
                    name: tuple(number[t] for t in getattr(answer, name)) for name in ("asked_in", "probes_in", "turns")
                }
            )
            for answer in talk.answers
        ]
        offset = turns[-1].end or 0.0
        if offset >= 3600:
            break
    return tuple(turns), tuple(answers)


def edited(rubric: Rubric, number: int) -> Rubric:
    """The rubric with one anchor of one competency worded anew."""
    changed = list(rubric.competencies)
    at = number % len(changed)
    anchors = dict(changed[at].anchors)
    top = max(anchors, key=anchor_levels)
    anchors[top] = f"{anchors[top]} Seen at least {number + 2} times, in writing too."
    changed[at] = changed[at].model_copy(update={"anchors": anchors})
    return rubric.model_copy(update={"version": f"edit {number}", "competencies": tuple(changed)})


def timed(scorer: Scorer, turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric) -> tuple[float, float]:
    """Seconds by the clock, and of the processor, for drafts of a talk."""
    wall, spent = time.monotonic(), time.process_time()
    scorer.score(turns, answers, rubric)
    return time.monotonic() - wall, time.process_time() - spent


def multiplied() -> float:
    """Billions of operations a second in a product of matrices: how fast the machine is just now."""
    import torch

    a = torch.rand(1024, 1024)
    began = time.monotonic()
    for _ in range(10):
        a @ a
    return 10 * 2 * 1.024**3 / (time.monotonic() - began)


def speed() -> None:
    """Print the table of seconds and memory; models are loaded and warm, nothing of the talk is cached."""
    sources, engines, threads = load_sources(), wiring.engines(), Settings().threads
    rubric = sources.rubrics["csm-2-5y"]
    own = [talk for talk in sources.talks if talk.corpus and talk.rubric == rubric.id]
    turns, answers = hour(own)
    scorer = engines.scorer
    other = next(talk for talk in sources.talks if talk.rubric != rubric.id)
    scorer.score(other.turns, other.answers, sources.rubrics[other.rubric])  # warm
    rows = []
    for number in range(3):
        scorer.forget()
        engines.embedder.forget()
        rows.append(("nothing cached", *timed(scorer, turns, answers, edited(rubric, 100 + number))))
    rows += [("one anchor edited", *timed(scorer, turns, answers, edited(rubric, number))) for number in range(8)]
    words = sum(turn.n_words for turn in turns)
    print(
        f"{len(turns)} turns, {words} words, {(turns[-1].end or 0) / 60:.0f} minutes, {len(rubric.competencies)} competencies;"
    )
    print(f"{threads} threads, load {os.getloadavg()[0]:.1f}, product of matrices {multiplied():.0f} GFLOP/s\n")
    print(
        "| draft scores, models loaded | seconds: median (least to most) | processor's seconds | aim |\n|---|---|---|---|"
    )
    for name, aim in (("nothing cached", "5"), ("one anchor edited", "0.15")):
        wall, spent = (sorted(row[k] for row in rows if row[0] == name) for k in (1, 2))
        print(f"| {name} | {median(wall):.2f} ({wall[0]:.2f} to {wall[-1]:.2f}) | {median(spent):.2f} | {aim} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"| peak memory, everything loaded for it | {peak:.2f} GB | | 1.5 GB |")


def main() -> None:
    """Print the table asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["baselines", "speed"])
    if parser.parse_args().what == "speed":
        speed()
        return
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
