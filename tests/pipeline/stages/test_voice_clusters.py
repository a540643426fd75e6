"""Which pieces of speech are one voice: like voices stay two, one voice stays one, and a short word goes to whoever sounds so."""

from __future__ import annotations

import numpy as np

from pipeline.stages.voice_clusters import Piece, name_voices

RNG = np.random.default_rng(5)
COMMON, FIRST, SECOND = np.linalg.qr(RNG.normal(size=(192, 3)))[0].T
ALIKE = 0.11
"""How much more a print is like its own voice than like the other: measured of two men on the telephone."""


def print_of(voice: np.ndarray, *, own: float = ALIKE) -> np.ndarray:
    """A print with cosine 0.57 to those of another voice and 0.68 to those of its own."""
    noise = RNG.normal(size=192)
    vector = np.sqrt(0.57) * COMMON + np.sqrt(own) * voice + np.sqrt(0.43 - own) * noise / np.linalg.norm(noise)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def breath(window: int, number: int, voices: tuple[np.ndarray, np.ndarray]) -> list[Piece]:
    """Two parts of 1.8 s without a pause between them, in the only slot of a window."""
    first = number * 240
    return [
        Piece(window, 0, first, first + 107, 1.8, print_of(voices[0])),
        Piece(window, 0, first + 108, first + 215, 1.8, print_of(voices[1])),
    ]


def test_two_like_voices_that_change_at_pauses_come_out_as_two() -> None:
    pieces = [
        part for window in range(12) for part in breath(window, 0, (FIRST, FIRST)) + breath(window, 1, (SECOND, SECOND))
    ]
    voices = name_voices(pieces)
    assert set(voices) == {0, 1}
    assert len(set(voices[0::4]) | set(voices[1::4])) == 1
    assert len(set(voices[2::4]) | set(voices[3::4])) == 1


def test_one_voice_that_changes_within_its_breaths_comes_out_as_one() -> None:
    """A mood, a turned head or a passing noise makes prints differ as much, but it does not wait for a pause."""
    pieces = [
        part for window in range(12) for part in breath(window, 0, (FIRST, SECOND)) + breath(window, 1, (SECOND, FIRST))
    ]
    assert set(name_voices(pieces)) == {0}


def test_a_short_word_goes_to_the_voice_that_it_sounds_like() -> None:
    """A half-second "Right." which the segmentation model gave to the slot of the one who goes on talking."""
    long = [part for window in range(8) for part in breath(window, 0, (FIRST, FIRST))]
    long += [part for window in range(8, 16) for part in breath(window, 0, (SECOND, SECOND))]
    right = Piece(2, 0, 400, 430, 0.5, print_of(SECOND, own=0.3))
    voices = name_voices([*long, right])
    assert voices[-1] == voices[16] != voices[4]
