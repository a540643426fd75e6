"""Weights trained without a rubric: made once by the training script of a clone, then kept in the cache."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from pipeline import weights
from pipeline.errors import UsageError
from pipeline.settings import Settings
from pipeline.wiring import Engines

CLONE = Path(__file__).resolve().parent.parent.parent
TOGETHER = frozenset({"csm-2-5y", "senior-csm"})
"""Rubrics that share competencies, and so are left out together."""


class FoldEngines(Engines):
    """The default engines with a scorer that was trained without a rubric."""

    def __init__(self, settings: Settings, scorer_weights: Path) -> None:
        super().__init__(settings)
        from pipeline.stages.evidence import load_parser
        from pipeline.stages.score import Scorer

        found = weights.find("minilm", settings.cache)
        nlp = load_parser(weights.find("spacy", settings.cache).folder)
        self.scorer = Scorer(found.folder, self.embedder, scorer_weights, threads=settings.threads, nlp=nlp)


def left_out_with(rubric_id: str) -> frozenset[str]:
    """The rubric and those that are left out with it."""
    return TOGETHER if rubric_id in TOGETHER else frozenset({rubric_id})


def left_out_engines(without: frozenset[str]) -> FoldEngines:
    """Engines whose scorer never saw the rubrics; UsageError outside a clone.

    ``scripts.train_fold.train_without(rubrics, path)`` does the training (minutes). Its weights lie in the cache folder under a name that
    hashes the training scripts and texts, so that a change of either trains again.
    """
    if not (CLONE / "scripts" / "train_fold.py").is_file():
        raise UsageError("--leave-out trains again, which needs the repository.", "Run it in a clone of the project.")
    settings = Settings()
    path = settings.cache / "folds" / f"{'-'.join(sorted(without))}-{state()[:16]}.safetensors"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        names = ", ".join(sorted(without))
        typer.echo(f"training without {names}: some ten minutes of a core, once; kept in {path.parent}", err=True)
        sys.path.insert(0, str(CLONE))
        part = path.with_suffix(".part")
        began = time.monotonic()
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for the figures
            importlib.import_module("scripts.train_fold").train_without(without, part)
        typer.echo(f"trained in {(time.monotonic() - began) / 60:.0f} minutes", err=True)
        part.replace(path)
    return FoldEngines(settings, path)


READ_WITH = ("network", "minilm", "phrases", "prior", "masking", "reading", "evidence")
"""Stages that decide what heads and phrases learn."""

POOLED_WITH = ("pooling", "passages", "quotes", "echo", "ownership", "plans")


def state(scripts: Sequence[str] = ("train_fold", "fit_pooling"), stages: Sequence[str] = POOLED_WITH) -> str:
    """A hash of everything that training reads: network, rubrics and labelled texts, with the scripts and stages that are named."""
    learnt = (*scripts, "train_scorer", "fit_phrases", "scoring_data")
    paths = [CLONE / "scripts" / f"{name}.py" for name in learnt]
    paths += [CLONE / "pipeline" / "stages" / f"{name}.py" for name in (*READ_WITH, *stages)]
    texts = [*(CLONE / "rubrics").glob("*.yaml"), *(CLONE / "fixtures" / "corpus").rglob("*.json*")]
    texts += (CLONE / "fixtures" / "training").rglob("*.*")
    digest = hashlib.sha256()
    for path in [*paths, *sorted(texts)]:
        if path.is_file():
            digest.update(f"{path.relative_to(CLONE)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
