"""Words that are no new evidence: the rubric said back, and a story that was told before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.rubric import Rubric
from pipeline.stages.masking import MASK, plain_words

_SMALL = frozenset(
    """i we you they it them us me my our your them this that these those there here what which who when where how why and or but so
    because if then than as at by for from in into of on to with without up down out over off about after before again is am are was were
    be been being do did does done have has had will would can could should may might must not no all any some more most other own same
    too very also get got go going went make made take took come came say said one two""".split()  # noqa: SIM905
)
_STEM = 6
ECHO_SHARE = 0.6
"""Share of a unit's content words that one anchor holds; units that readers quoted stay below."""

TOLD_SHARE = 0.7
"""Share of a turn's word triples that were said before in the talk."""


def content(text: str) -> frozenset[str]:
    """The stems of the words that carry the meaning of a text."""
    return frozenset(
        word.text[:_STEM]
        for word in plain_words(text)
        if word.text not in _SMALL and word.text != MASK and len(word.text) > 2
    )


def echoes(text: str, anchors: Sequence[frozenset[str]]) -> bool:
    """Whether a text says one of the rubric's texts (given by their :func:`content`) back, word for word or nearly."""
    said = content(text)
    return len(said) >= 4 and any(len(said & anchor) >= ECHO_SHARE * len(said) for anchor in anchors)


def rubric_content(rubric: Rubric) -> tuple[frozenset[str], ...]:
    """The content of each anchor and definition."""
    texts = [text for c in rubric.competencies for text in (*c.anchors.values(), c.definition) if text]
    return tuple(content(text) for text in texts)


def told_before(words: Sequence[str], turn: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each word of the candidate, in order, whether it belongs to a passage told in an earlier turn.

    A word counts as told before where most of the word triples around it occurred in an earlier turn.
    """
    first: dict[tuple[str, ...], int] = {}
    again = np.zeros(len(words), dtype=np.float64)
    for i in range(len(words) - 2):
        if turn[i] != turn[i + 2]:
            continue
        triple = tuple(words[i : i + 3])
        if first.setdefault(triple, int(turn[i])) < turn[i]:
            again[i] = 1.0
    if not again.any():
        return again > 0
    width = 15
    smooth = np.convolve(again, np.ones(width) / width, mode="same")
    told: NDArray[np.bool_] = smooth >= TOLD_SHARE
    return told
