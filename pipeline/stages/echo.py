"""Words that are no new evidence: the rubric said back, and a story that was told before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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


def echoes(said: frozenset[str], anchors: Sequence[frozenset[str]]) -> bool:
    """Whether a text says one of the rubric's texts back, word for word or nearly; both are given by their :func:`content`."""
    return len(said) >= 4 and any(len(said & anchor) >= ECHO_SHARE * len(said) for anchor in anchors)


def said_back(
    said: Sequence[frozenset[str]], turn: Sequence[int], anchors: Sequence[frozenset[str]]
) -> NDArray[np.bool_]:
    """Which units only say the rubric back: those that echo a text of it, and what goes on beside one in the same turn.

    A rest that is too short to be judged alone ("other shifts take over the method", "that is how I work every day") is an echo where it
    and the echo beside it together still are one.
    """
    hollow = np.array([echoes(unit, anchors) for unit in said], dtype=np.bool_)
    alone = hollow.copy()
    for order in (range(len(said)), range(len(said) - 1, -1, -1)):
        run: frozenset[str] = frozenset()
        before = -1
        for i in order:
            if turn[i] != before:
                run = frozenset()
            before = turn[i]
            joined = run | said[i]
            if run and echoes(joined, anchors):
                hollow[i], run = True, joined
            else:
                run = said[i] if alone[i] else frozenset()
    return hollow


def rubric_content(rubric: Rubric) -> tuple[frozenset[str], ...]:
    """The content of each anchor and definition."""
    texts = [text for c in rubric.competencies for text in (*c.anchors.values(), c.definition) if text]
    return tuple(content(text) for text in texts)


class Told(NamedTuple):
    """For each word of the candidate, in order: is it told again from an earlier turn, and will it be told again in two turns or more?"""

    before: NDArray[np.bool_]
    often: NDArray[np.bool_]


def told_again(words: Sequence[str], turn: NDArray[np.int64]) -> Told:
    """Passages told more than once, word for word or nearly: most of the word triples around a word occur in other turns."""
    turns_of: dict[tuple[str, ...], list[int]] = {}
    triples = [
        tuple(words[i : i + 3]) if i + 2 < len(words) and turn[i] == turn[i + 2] else () for i in range(len(words))
    ]
    for i, triple in enumerate(triples):
        seen = turns_of.setdefault(triple, [])
        if triple and int(turn[i]) not in seen:
            seen.append(int(turn[i]))
    before = [bool(triple) and turns_of[triple][0] < turn[i] for i, triple in enumerate(triples)]
    often = [bool(triple) and len(turns_of[triple]) > 2 for triple in triples]
    return Told(_mostly(before), _mostly(often))


def _mostly(flags: Sequence[bool], width: int = 15) -> NDArray[np.bool_]:
    marked = np.array(flags, dtype=np.float64)
    if len(marked) < width or not marked.any():
        return np.zeros(len(marked), dtype=np.bool_)
    told: NDArray[np.bool_] = np.convolve(marked, np.ones(width) / width, mode="same") >= TOLD_SHARE
    return told
