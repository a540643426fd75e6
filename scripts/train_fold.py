"""Train the scorer without some rubrics, for honest measuring: ``debrief evaluate --leave-out`` calls it.

usage: python -m scripts.train_fold OUT RUBRIC...
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import torch

from pipeline import weights
from pipeline.errors import UsageError
from pipeline.settings import Settings
from pipeline.stages.embed import SentenceEmbedder
from pipeline.stages.network import Encoder, build_heads
from scripts.fit_phrases import fit_phrases
from scripts.fit_pooling import fit, seen
from scripts.scoring_data import load_sources
from scripts.train_scorer import SEED, Recipe, prepare, read_talk, save, train

HELD = 3
"""Every third talk is kept from the network, so that the pooling is fitted on talks that neither it nor the phrases saw."""


def train_without(rubrics: Collection[str], path: Path, recipe: Recipe | None = None) -> None:
    """Write weights whose network and pooling never saw a talk, sample or anchor of the rubrics; UsageError for one that is unknown."""
    recipe = recipe or Recipe()
    sources = load_sources()
    unknown = sorted(set(rubrics) - set(sources.rubrics))
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)}: no such rubric to leave out.", f"Choose of {', '.join(sorted(sources.rubrics))}."
        )
    kept = sources._replace(
        rubrics={name: rubric for name, rubric in sources.rubrics.items() if name not in rubrics},
        talks=tuple(talk for talk in sources.talks if talk.rubric not in rubrics),
        samples=tuple(sample for sample in sources.samples if sample.rubric not in rubrics),
    )
    torch.manual_seed(SEED)
    found = weights.find("minilm", Settings().cache)
    encoder = Encoder(str(found.folder), threads=1)
    heads = build_heads()
    prepared = prepare(encoder, SentenceEmbedder(found.folder, found.label, threads=1), kept, recipe.frozen)
    own = [talk for talk in kept.talks if talk.corpus]
    unseen = own[::HELD]
    held = {talk.id for talk in unseen}
    learnt = [talk for talk in kept.talks if talk.id not in held]
    train(encoder, heads, prepared, kept, learnt, range(len(kept.samples)), recipe)
    phrases = fit_phrases(learnt, kept.samples)
    rows = [
        seen(talk, read_talk(encoder, heads, prepared, talk, recipe.frozen), kept.rubrics[talk.rubric], phrases)
        for talk in unseen
    ]
    name = f"scorer without {' '.join(sorted(rubrics))}"
    facts = {"left_out": sorted(rubrics), "seed": SEED}
    save(path, encoder, heads, phrases, fit(rows), recipe.frozen, name, facts)


if __name__ == "__main__":
    train_without(sys.argv[2:], Path(sys.argv[1]))
