"""Speech is packed into clips, and words find their way back to the recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from models.transcript import Segment, Word
from pipeline.stages.audio import RATE
from pipeline.stages.transcribe.clips import CLIP_SECONDS, Clip, Heard, Piece, joined, packed, segments_of, windows
from pipeline.stages.transcribe.word_times import snapped


def test_windows_cover_the_recording_without_gap_or_overlap() -> None:
    samples = np.random.default_rng(0).integers(-1000, 1000, 1900 * RATE).astype(np.int16)
    samples[580 * RATE : 581 * RATE] = 0
    found = list(windows(samples))

    assert found[0][0] == 0
    assert found[-1][1] == len(samples)
    assert all(one[1] == two[0] for one, two in pairwise(found))
    assert 580 * RATE <= found[0][1] <= 581 * RATE


def test_clips_keep_short_pauses_and_leave_out_long_ones() -> None:
    clips = packed([(1.0, 5.0), (5.5, 9.0), (15.0, 20.0)])
    assert clips == [Clip((Piece(1.0, 9.0, 0.0), Piece(15.0, 20.0, 8.0)))]


def test_clips_are_never_longer_than_the_model_hears() -> None:
    rng = np.random.default_rng(3)
    at, spans = 0.0, []
    for length, gap in zip(rng.uniform(0.2, 70, 60), rng.uniform(0.0, 4.0, 60), strict=True):
        spans.append((at + gap, at + gap + length))
        at += gap + length
    clips = packed(spans)

    assert all(clip.seconds <= CLIP_SECONDS + 0.01 for clip in clips)
    pieces = [piece for clip in clips for piece in clip.pieces]
    assert sum(piece.end - piece.start for piece in pieces) >= sum(end - start for start, end in spans) - 0.01
    assert all(one.end <= two.start + 1e-6 for one, two in pairwise(pieces))


def test_joined_sound_is_the_sound_of_the_pieces() -> None:
    window = np.arange(30 * RATE, dtype=np.float32)
    audio, bounds = joined(window, [Clip((Piece(2.0, 3.0, 0.0), Piece(10.0, 11.0, 1.0)))])

    assert bounds == [(0.0, 2.0)]
    assert audio[0] == 2 * RATE
    assert audio[RATE] == 10 * RATE


def test_words_return_to_where_they_were_said() -> None:
    clip = Clip((Piece(2.0, 3.0, 0.0), Piece(10.0, 12.0, 1.0)))
    words = [(" Hello", 0.1, 0.5, 0.9), (" mid", 1.2, 1.5, 0.9), ("-market", 1.5, 1.9, 0.7), (" team.", 2.0, 2.4, 0.9)]
    segments = list(segments_of(Heard.of(words, (-0.1, 0.0, 1.0)), clip))

    assert [segment.text for segment in segments] == ["Hello", "mid-market team."]
    assert segments[0].words[0] == Word("Hello", 2.1, 2.5, 0.9)
    assert segments[1].words[0] == Word("mid-market", pytest.approx(10.2), pytest.approx(10.9), 0.7)


def test_a_last_word_in_the_pause_moves_back_to_its_sound() -> None:
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.0005, 5 * RATE).astype(np.float32)
    sound[int(1.0 * RATE) : int(2.0 * RATE)] += rng.normal(0, 0.1, RATE).astype(np.float32)
    sound[int(3.0 * RATE) : int(4.0 * RATE)] += rng.normal(0, 0.1, RATE).astype(np.float32)
    words = (Word("help", 1.1, 1.9, 0.9), Word("me.", 1.95, 2.5, 0.9), Word("Sure,", 2.8, 3.5, 0.9))
    segment = Segment(start=1.1, end=3.5, text="help me. Sure,", words=words)

    (moved,) = snapped([segment], sound)

    first, last, after = moved.words
    assert first.start == pytest.approx(1.0, abs=0.03)
    assert last.end == pytest.approx(2.0, abs=0.03)
    assert first.end <= last.start < last.end
    assert after.start == pytest.approx(3.0, abs=0.03)
