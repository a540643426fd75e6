"""Train the scorer without some rubrics, for honest measuring: ``debrief evaluate --leave-out`` calls it.

usage: python -m scripts.train_fold OUT RUBRIC...
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from pipeline import weights
from pipeline.errors import UsageError
from pipeline.settings import Settings
from pipeline.stages.evidence import load_parser
from scripts.fit_phrases import fit_phrases
from scripts.fit_pooling import fit, seen
from scripts.scoring_data import Sources
from scripts.train_scorer import SEED, Recipe, load_prepared, read_talk, save, train

HELD = 3
"""Every third talk is kept from heads and phrases, so that the pooling is fitted on talks that they did not see."""


def without(sources: Sources, rubrics: Collection[str]) -> Sources:
    """Sources with nothing of these rubrics in them; UsageError for one that is unknown."""
    unknown = sorted(set(rubrics) - set(sources.rubrics))
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)}: no such rubric to leave out.", f"Choose of {', '.join(sorted(sources.rubrics))}."
        )
    return sources._replace(
        rubrics={name: rubric for name, rubric in sources.rubrics.items() if name not in rubrics},
        talks=tuple(talk for talk in sources.talks if talk.rubric not in rubrics),
        samples=tuple(sample for sample in sources.samples if sample.rubric not in rubrics),
    )


def train_without(rubrics: Collection[str], path: Path, recipe: Recipe | None = None) -> None:
    """Write weights whose heads, phrases and pooling never saw a talk, sample or anchor of the rubrics."""
    sources, prepared = load_prepared(lambda found: without(found, rubrics))
    held = [talk for talk in sources.talks if talk.corpus][::HELD]
    out = {talk.id for talk in held}
    learnt = [talk for talk in sources.talks if talk.id not in out]
    heads = train(prepared, sources, learnt, range(len(sources.samples)), recipe)
    phrases = fit_phrases(learnt, sources.samples)
    nlp = load_parser(weights.find("spacy", Settings().cache).folder)
    rows = [seen(talk, read_talk(heads, prepared, talk), sources.rubrics[talk.rubric], phrases, nlp) for talk in held]
    facts = {"left_out": sorted(rubrics), "seed": SEED}
    save(path, heads, phrases, fit(rows), f"scorer without {' '.join(sorted(rubrics))}", facts)


if __name__ == "__main__":
    train_without(sys.argv[2:], Path(sys.argv[1]))
