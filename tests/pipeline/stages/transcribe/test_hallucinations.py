"""Loops and phantoms are taken out with a reason; what people say stays."""

from __future__ import annotations

import pytest

from models.transcript import Segment, Word
from pipeline.stages.transcribe.hallucinations import compression_ratio, without_hallucinations


def heard(
    text: str, *, start: float = 0.0, probability: float = 0.9, logprob: float = -0.2, no_speech: float = 0.1
) -> Segment:
    """A segment with a word every 0.3 s."""
    words = tuple(
        Word(word, round(start + 0.3 * number, 2), round(start + 0.3 * number + 0.28, 2), probability)
        for number, word in enumerate(text.split())
    )
    return Segment(
        start=start,
        end=words[-1].end,
        text=text,
        words=words,
        avg_logprob=logprob,
        no_speech_prob=no_speech,
        compression_ratio=compression_ratio(text),
    )


def test_speech_stays_as_it_is() -> None:
    segments = [heard("So I ran the renewal myself."), heard("And they stayed.", start=5.0)]
    assert without_hallucinations(segments) == (tuple(segments), ())


@pytest.mark.parametrize(
    "text",
    [
        "No, no, no, no, I did not say that.",
        "It was very, very, very, very good.",
        "Yeah. Yeah. Yeah. So what we did was simple.",
        "I asked them and I asked them and they said yes.",
        "You know, you know, you know, it was hard.",
    ],
)
def test_what_people_repeat_is_no_loop(text: str) -> None:
    kept, removed = without_hallucinations([heard(text)])
    assert kept[0].text == text
    assert not removed


def test_a_loop_keeps_its_first_round_and_is_counted() -> None:
    text = "we looked at it " + "and I'm going to be a good one " * 12
    kept, removed = without_hallucinations([heard(text.strip())])

    assert [span.reason for span in removed] == ["repetition"]
    assert kept[0].text == "we looked at it and I'm going to be a good one"
    assert kept[0].end == kept[0].words[-1].end < removed[0].start + 0.1


def test_a_loop_over_several_segments_is_found() -> None:
    segments = [heard("The first thing we did.", start=10.0 * number) for number in range(6)]
    kept, removed = without_hallucinations(segments)

    assert len(kept) == 1
    assert len(removed) == 5
    assert all(span.reason == "repetition" for span in removed)


def test_text_that_compresses_too_well_is_removed() -> None:
    text = " ".join(f"the map {number % 2} and the map {number % 3} of the map of" for number in range(18))
    kept, removed = without_hallucinations([heard(text)])

    assert not kept
    assert [span.reason for span in removed] == ["compression"]


def test_text_over_silence_is_removed() -> None:
    kept, removed = without_hallucinations([heard("I am a member.", no_speech=0.8, logprob=-1.4)])
    assert not kept
    assert [span.reason for span in removed] == ["no-speech"]


def test_words_that_take_no_time_are_removed() -> None:
    words = tuple(Word(word, 30.0, 30.0, 0.9) for word in ["and", "then", "we", "went", "on", "to", "the", "next"])
    segment = Segment(start=30.0, end=30.0, text=" ".join(word.text for word in words), words=words)
    kept, removed = without_hallucinations([segment])
    assert not kept
    assert [span.reason for span in removed] == ["no-speech"]


def test_a_known_phrase_goes_only_when_it_is_doubted() -> None:
    doubted = heard("Thanks for watching!", probability=0.3)
    meant = heard("Thank you.", start=4.0, probability=0.95)

    kept, removed = without_hallucinations([doubted, meant])

    assert kept == (meant,)
    assert [(span.reason, span.text) for span in removed] == [("known-phrase", "Thanks for watching!")]


def test_every_word_is_either_kept_or_removed() -> None:
    segments = [heard("one two three " * 9), heard("and so on", start=20.0), heard("you", start=30.0, probability=0.1)]
    kept, removed = without_hallucinations(segments)

    words = sum(len(segment.words) for segment in kept) + sum(len(span.text.split()) for span in removed)
    assert words == sum(len(segment.words) for segment in segments)
