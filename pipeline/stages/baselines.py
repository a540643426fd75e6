"""Other ways to a level, kept for ever so that drafts must beat them: raw similarity to the anchors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.rubric import Rubric, anchor_levels
from models.transcript import Turn
from pipeline.stages.embed import Embedder
from pipeline.stages.evidence import find_units

NEAREST = 5
"""Units of the candidate's words that the axis is read from."""


class Similar(NamedTuple):
    """Levels of one competency by raw similarity: of the best anchor, and along the axis from lowest to highest anchor."""

    best_anchor: float
    axis: float


def by_similarity(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder) -> dict[str, Similar]:
    """Levels of every competency from the encoder as it was published, without training; empty where the candidate said nothing.

    ``best_anchor`` is the level of the anchor with the highest cosine to any unit. ``axis`` projects the mean of the units nearest to the
    competency on the line from its lowest to its highest anchor (1 at the lowest, 5 at the highest).
    """
    text = {turn.t: turn.text for turn in turns}
    said = [text[unit.turn][unit.start : unit.end] for unit in find_units(turns)]
    if not said:
        return {}
    units = embedder.encode(said)
    found = {}
    for competency in rubric.competencies:
        keys = sorted(competency.anchors, key=anchor_levels)
        anchors = embedder.encode([competency.anchors[key] for key in keys])
        cosine = units @ anchors.T
        best = keys[int(np.argmax(cosine.max(0)))]
        nearest = units[np.argsort(-cosine.max(1), kind="stable")[:NEAREST]].mean(0)
        line = anchors[-1] - anchors[0]
        share = float((nearest - anchors[0]) @ line / max(float(line @ line), 1e-9))
        found[competency.id] = Similar(sum(anchor_levels(best)) / 2, float(np.clip(1 + 4 * share, 1, 5)))
    return found
