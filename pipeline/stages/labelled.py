"""Labelled interviews read from a corpus folder: ``interviews/``, ``truth/`` and, where there are, ``ratings/<reader>/``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.evaluation import Labelled, Passage, Reader, SpokenTurn
from pipeline.errors import SourceError

LAYOUT = "A corpus has interviews/<id>.json and truth/<id>.json; its README describes the fields."


def read_corpus(folder: Path, only: str = "") -> tuple[Labelled, ...]:
    """Every interview with a key whose id starts with ``only``, by id; SourceError names the file that does not fit."""
    paths = sorted((folder / "truth").glob("*.json"))
    if not paths:
        raise SourceError(f"{folder}: holds no labelled interviews.", LAYOUT)
    chosen = [path for path in paths if path.stem.startswith(only)]
    if not chosen:
        raise SourceError(
            f"{folder}: no interview's id starts with {only}.", f"It has {paths[0].stem} and {len(paths) - 1} more."
        )
    return tuple(read_labelled(folder, path.name) for path in chosen)


def read_labelled(folder: Path, name: str) -> Labelled:
    """One labelled interview: its turns, the key, and every reader's ratings."""
    truth = _json(folder / "truth" / name)
    interview = _json(folder / "interviews" / name)
    ratings = [_json(path) for path in sorted(folder.glob(f"ratings/*/{name}"))]
    try:
        return Labelled(
            id=Path(name).stem,
            rubric=truth["rubric"],
            turns=tuple(SpokenTurn(t=t["t"], speaker=t["speaker"], text=t["text"]) for t in interview["turns"]),
            roles=truth["roles"],
            labels={t: s["question"] or s.get("kind", "none") for s in truth["segments"] for t in s["turns"]},
            readers=(_reader(truth["intended"], truth), *(_reader(rating["scores"], rating) for rating in ratings)),
            traits=tuple(dict.fromkeys(str(trait).lower() for trait in truth.get("traits", ()))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(
            f"{folder / 'truth' / name}: does not fit its interview or the format ({error}).", LAYOUT
        ) from error


def _reader(scores: dict[str, int | None], source: dict[str, Any]) -> Reader:
    marked = source.get("evidence", {})
    return Reader(
        scores=scores,
        evidence={
            c: tuple(Passage(turn=e["turn"], quote=e["quote"], polarity=e["polarity"]) for e in quotes)
            for c, quotes in marked.items()
        },
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}).", LAYOUT) from error
    except ValueError as error:
        raise SourceError(f"{path}: is not JSON ({error}).", LAYOUT) from error
    if not isinstance(found, dict):
        raise SourceError(f"{path}: is not a JSON object.", LAYOUT)
    return found
