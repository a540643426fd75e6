"""Read every talk with heads and phrases that never saw it, for honest measuring and for the pooling's numbers.

usage: python -m scripts.heldout            (six trainings of some five minutes of one free core each; kept in the cache folder)

Unseen rubrics: three groups of rubrics, each read by what was trained on all other rubrics. Known rubrics: thirds of the talks of the
corpus's rubrics, each read by what was trained on all other talks. ``benchmarks/scoring_heldout.py`` turns them into the table,
``scripts.fit_pooling`` into the shipped numbers.
"""

from __future__ import annotations

import importlib
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.cli.folds import state
from pipeline.settings import Settings
from pipeline.stages.evidence import Parser
from pipeline.stages.network import Readings
from pipeline.stages.phrases import Phrases
from scripts.fit_phrases import fit_phrases
from scripts.fit_pooling import Seen, seen
from scripts.scoring_data import Sources, Talk, load_sources

GROUPS = (
    frozenset({"csm-2-5y", "senior-csm", "data-analyst"}),
    frozenset({"finance-analyst", "product-designer", "project-manager", "sales-development-rep"}),
    frozenset({"secondary-school-teacher", "technical-support-agent", "warehouse-shift-supervisor"}),
)
"""Rubrics that are left out together; both customer-success rubrics share competencies."""

THIRDS = 3


class Fold(NamedTuple):
    """What is left out together: a name, the talks that are read, and the talks and graded answers (indexes) that are learnt from."""

    name: str
    read: tuple[Talk, ...]
    talks: tuple[Talk, ...]
    samples: tuple[int, ...]


class Read(NamedTuple):
    """A fold's phrases, and what its heads say of each of its talks."""

    phrases: Phrases
    readings: dict[str, Readings]


def folds(sources: Sources) -> Iterator[Fold]:
    """``unseen-1`` to ``unseen-3`` and ``known-1`` to ``known-3``."""
    everything = tuple(range(len(sources.samples)))
    for number, group in enumerate(GROUPS, 1):
        yield Fold(
            f"unseen-{number}",
            tuple(talk for talk in sources.talks if talk.rubric in group),
            tuple(talk for talk in sources.talks if talk.rubric not in group),
            tuple(i for i in everything if sources.samples[i].rubric not in group),
        )
    rubrics = {talk.rubric for talk in sources.talks if talk.corpus}
    own = sorted((talk for talk in sources.talks if talk.rubric in rubrics), key=lambda talk: (talk.rubric, talk.id))
    for third in range(THIRDS):
        out = {talk.id for talk in own[third::THIRDS]}
        yield Fold(
            f"known-{third + 1}",
            tuple(talk for talk in sources.talks if talk.id in out),
            tuple(talk for talk in sources.talks if talk.id not in out),
            everything,
        )


def folder() -> Path:
    """Where the folds of these scripts and texts lie."""
    return Settings().cache / "folds" / f"heldout-{state((), ())[:16]}"


def make() -> None:
    """Train and read the folds that are not in the cache yet."""
    from scripts.train_scorer import load_prepared, read_talk, train

    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    missing = [fold for fold in folds(load_sources()) if not (place / f"{fold.name}.pickle").is_file()]
    if not missing:
        print(f"all folds are in {place}")
        return
    began = time.monotonic()
    print(f"{len(missing)} folds to train; first MiniLM reads all talks and answers, some minutes", flush=True)
    sources, prepared = load_prepared()
    for number, fold in enumerate(missing, 1):
        minutes = (time.monotonic() - began) / 60
        told = f"learns from {len(fold.talks)} talks, reads {len(fold.read)}"
        print(f"{fold.name}, {number} of {len(missing)}: {told}; {minutes:.0f} minutes so far", flush=True)
        heads = train(prepared, sources, fold.talks, fold.samples)
        phrases = fit_phrases(fold.talks, [sources.samples[i] for i in fold.samples])
        found = Read(phrases, {talk.id: read_talk(heads, prepared, talk) for talk in fold.read})
        part = place / f"{fold.name}.part"
        part.write_bytes(pickle.dumps(found))
        part.replace(place / f"{fold.name}.pickle")
    print(f"done in {(time.monotonic() - began) / 60:.0f} minutes: {place}")


def rows(kind: str, sources: Sources, nlp: Parser | None) -> dict[str, Seen]:
    """The talks of the ``unseen`` or ``known`` folds as the scorer reads them; from the cache alone."""
    found = {}
    for fold in folds(sources):
        if fold.name.startswith(kind):
            read: Read = pickle.loads((folder() / f"{fold.name}.pickle").read_bytes())
            for talk in fold.read:
                found[talk.id] = seen(talk, read.readings[talk.id], sources.rubrics[talk.rubric], read.phrases, nlp)
    return found


if __name__ == "__main__":
    # as a module, so that what is pickled names scripts.heldout and can be read by other programs
    importlib.import_module("scripts.heldout").make()
