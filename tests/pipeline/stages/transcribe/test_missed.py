"""Speech in which no word was heard is heard again: nothing of the talk is lost in silence."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.transcript import Segment, Word
from pipeline.stages.audio import decode, mono
from pipeline.stages.transcribe.clips import Clip, Heard
from pipeline.stages.transcribe.recognise import missed, recognise

TEXT = (
    "we called the customer on that day and they told us what had gone wrong with it so I wrote a plan for them "
    "to read before our next meeting which was not easy because my team had other work"
)
SAID = TEXT.split()


def spoken(*times: tuple[float, float]) -> list[Segment]:
    return [Segment(start=a, end=b, text="word", words=(Word("word", a, b, 0.9),)) for a, b in times]


def test_missed_speech_is_found_before_between_and_after_words():
    words = spoken((10.0, 10.4), (10.5, 11.0), (25.0, 25.5))
    assert missed([(0.0, 32.0)], words) == [(0.0, 9.2), (11.8, 24.2), (26.3, 32.0)]


def test_missed_pauses_between_spans_are_not_speech():
    assert missed([(0.0, 1.0), (60.0, 61.0)], spoken((0.1, 0.9), (60.1, 60.9))) == []


def test_a_word_stretched_over_half_a_minute_accounts_for_its_beginning_only():
    assert missed([(0.0, 30.0)], spoken((0.0, 30.0))) == [(2.8, 30.0)]


def test_recognise_hears_again_what_an_engine_skipped(fixtures: Path):
    """An engine that gives up after the first word of long clips still yields words for all of the talk."""
    samples = mono(decode(fixtures / "recordings" / "csm-short.opus"))

    def lazy(window: np.ndarray, clips: Sequence[Clip]) -> Iterator[tuple[int, Heard]]:
        for number, clip in enumerate(clips):
            heard_until = clip.seconds if clip.seconds <= 12.0 else 1.0
            starts = np.arange(0.0, heard_until, 0.4)
            words = (Word(f" {SAID[int(s * 7) % len(SAID)]}", float(s), float(s) + 0.3, 0.9) for s in starts)
            yield number, Heard(tuple(words), -0.1, 0.1, 1.2)

    heard = recognise(samples, lazy, engine="lazy")
    assert max(word.start for segment in heard.segments for word in segment.words) > 25
