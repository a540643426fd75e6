"""Which pieces of speech are the same voice: clustering that finds how many voices there are.

A telephone or a room makes all voices alike, so no fixed likeness tells two voices from one. Two branches of the cluster tree are
two voices when each is much more like itself than like the other, when it is somewhat so and the parts of one breath stay together, or
when the segmentation model heard them side by side.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.voiceprint import Floats

RELIABLE_S = 1.2
"""Shorter pieces take no part in finding the voices."""

FEW_SECONDS = 4.0
"""A branch with less speech than this is no voice of its own: it goes to the voice that it is most like."""

DIFFERENT_VOICE = 0.25
"""Mean cosine between two branches below which they are two voices whatever else is known."""

SAME_VOICE = 0.72
"""Mean cosine from which two branches are one voice whatever else is known."""

APART = 0.14
"""How much more like itself than like the other each of two branches is when they are two voices."""

APART_IN_BREATHS = 0.09
"""The same where nearly no breath is torn between the branches. Within one synthetic voice it is 0.02 to 0.07; two men whom a telephone
makes alike (mean prints' cosine 0.81) have 0.11."""

TORN = 0.33
"""Breaths torn between two voices, as a share of what chance would tear: up to 0.2 between two voices (0.28 in a real
call), mostly about 1 within one."""

FEW_BREATHS = 3.0
"""Fewer torn breaths than this, expected by chance, prove nothing."""

ONE_BREATH = 9
"""Frames (of 17 ms) between two parts of one breath at most: a longer pause would have cut it."""

OTHER_SLOT = 0.2
"""What a short piece loses, in cosine, for a voice that another slot of its window already has."""

CONTRADICTION = 0.2
"""How much more a piece is like another voice before it leaves the voice of its slot, as a share of the distance of the two voices."""


@dataclass(frozen=True)
class Piece:
    """A stretch of one local voice without overlap: its window and slot there, first and last frame, seconds of speech, and voice print."""

    window: int
    slot: int
    first: int
    last: int
    seconds: float
    print: Floats | None


def name_voices(pieces: Sequence[Piece]) -> list[int | None]:
    """The number of the voice of each piece, from 0; None where nothing tells."""
    printed = [piece for piece in pieces if piece.print is not None]
    if not printed:
        return [None] * len(pieces)
    centres = _centres([piece for piece in printed if piece.seconds >= RELIABLE_S] or printed)
    slots: dict[tuple[int, int], list[Piece]] = {}
    for piece in pieces:
        slots.setdefault((piece.window, piece.slot), []).append(piece)
    likeness = {key: _slot_likeness(members, centres) for key, members in slots.items()}
    homes: dict[tuple[int, int], int | None] = {}
    for key in sorted(slots, key=lambda key: (-sum(piece.seconds for piece in slots[key]), key)):
        others = {homes[other] for other in homes if other[0] == key[0]}
        homes[key] = _home(likeness[key], sum(piece.seconds for piece in slots[key]), others, len(centres))
    return [_voice(piece, homes[piece.window, piece.slot], centres) for piece in pieces]


def _slot_likeness(members: Sequence[Piece], centres: Floats) -> Floats | None:
    """How like each voice the pieces of one slot are together; None without prints."""
    printed = [(centres @ piece.print, piece.seconds) for piece in members if piece.print is not None]
    if not printed:
        return None
    mean = np.average([likeness for likeness, _ in printed], axis=0, weights=[seconds for _, seconds in printed])
    return np.asarray(mean, dtype=np.float32)


def _home(likeness: Floats | None, seconds: float, others: set[int | None], n_voices: int) -> int | None:
    """The voice that most of a slot's speech is."""
    if likeness is None:
        left = set(range(n_voices)) - others
        return left.pop() if len(left) == 1 else None
    if seconds < RELIABLE_S:
        likeness = likeness.copy()
        likeness[[voice for voice in others if voice is not None]] -= OTHER_SLOT
    return int(np.argmax(likeness))


def _voice(piece: Piece, home: int | None, centres: Floats) -> int | None:
    """The voice of a piece: its slot's, unless the piece itself is clearly another; half a second tells that nine times of ten."""
    if piece.print is None or home is None:
        return home
    likeness = centres @ piece.print
    best = int(np.argmax(likeness))
    distance = 1 - float(centres[best] @ centres[home])
    return best if likeness[best] - likeness[home] > CONTRADICTION * distance else home


def _centres(sure: Sequence[Piece]) -> Floats:
    """One mean print for each voice of the talk: (voices, 192), unit length."""
    prints = np.stack([piece.print for piece in sure if piece.print is not None])
    if len(prints) == 1:
        return prints
    from scipy.cluster.hierarchy import linkage, to_tree

    joins = linkage(prints.astype(np.float64), "average", metric="cosine")
    weights = np.array([piece.seconds for piece in sure])
    seconds = list(weights)
    for left, right, _, _ in joins:
        seconds.append(seconds[int(left)] + seconds[int(right)])
    groups = _voices_in(to_tree(joins), seconds, prints, sure)
    centres = np.stack([np.average(prints[group], axis=0, weights=weights[group]) for group in groups])
    return np.asarray(centres / np.linalg.norm(centres, axis=1, keepdims=True), dtype=np.float32)


def _voices_in(tree: Any, seconds: list[float], prints: Floats, pieces: Sequence[Piece]) -> list[NDArray[np.int64]]:
    """Which prints belong to each voice, found from the top of the cluster tree down; at least one voice.

    ``seconds`` is by node of the tree, ``prints`` and their ``pieces`` by leaf.
    """
    pending, found = [tree], []
    while pending:
        node = pending.pop()
        fork = _fork(node, seconds)
        if fork is not None and _differ(fork, prints, pieces):
            pending += [fork.left, fork.right]
        else:
            found.append(np.array(node.pre_order()))
    return found


def _fork(node: Any, seconds: list[float]) -> Any:
    """The highest node under ``node`` with two branches of more than a few seconds each; None without one."""
    while not node.is_leaf():
        lighter, heavier = sorted((node.left, node.right), key=lambda child: seconds[child.id])
        if seconds[lighter.id] >= FEW_SECONDS:
            return node
        node = heavier
    return None


def _differ(fork: Any, prints: Floats, pieces: Sequence[Piece]) -> bool:
    """True when the two branches are two voices."""
    likeness = 1 - fork.dist
    if likeness >= SAME_VOICE:
        return False
    if likeness < DIFFERENT_VOICE:
        return True
    left, right = (np.array(child.pre_order()) for child in (fork.left, fork.right))
    apart = min(_likeness_within(prints[side]) for side in (left, right)) - likeness
    ours, theirs = [pieces[i] for i in left], [pieces[i] for i in right]
    if apart >= APART or _side_by_side(ours, theirs):
        return True
    return bool(apart >= APART_IN_BREATHS and _breaths_whole(ours, theirs))


def _likeness_within(prints: Floats) -> float:
    """Mean cosine of the prints of one branch; 0 for a single print."""
    n = len(prints)
    return float(((prints.sum(axis=0) ** 2).sum() - n) / (n * (n - 1))) if n > 1 else 0.0


def _breaths_whole(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    """True when the parts of one breath are nearly always in one branch: voices change at pauses, moods and noises anywhere."""
    sides = sorted(
        [(piece.window, piece.slot, piece.first, piece.last, 0) for piece in left]
        + [(piece.window, piece.slot, piece.first, piece.last, 1) for piece in right]
    )
    joined = [
        one[4] != other[4]
        for one, other in itertools.pairwise(sides)
        if one[:2] == other[:2] and other[2] - one[3] <= ONE_BREATH
    ]
    share = len(left) / len(sides)
    expected = 2 * share * (1 - share) * len(joined)
    return expected >= FEW_BREATHS and sum(joined) <= TORN * expected


def _side_by_side(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    """True when the segmentation model mostly heard the two as different voices of the same windows."""
    ours, theirs = _main_slots(left), _main_slots(right)
    apart = sum(1 for window in ours.keys() & theirs.keys() if ours[window] != theirs[window])
    return apart >= max(2, 0.3 * min(len(ours), len(theirs)))


def _main_slots(pieces: Sequence[Piece]) -> dict[int, int]:
    """For each window the slot with most of the pieces' speech."""
    seconds: dict[tuple[int, int], float] = {}
    for piece in pieces:
        seconds[piece.window, piece.slot] = seconds.get((piece.window, piece.slot), 0.0) + piece.seconds
    main: dict[int, int] = {}
    for window, slot in sorted(seconds, key=lambda key: seconds[key]):
        main[window] = slot
    return main
