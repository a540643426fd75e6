"""Words get the right speaker, and none is guessed."""

from __future__ import annotations

from models.speaker import SpeakerSpan
from models.transcript import Recognition, Segment, Word
from pipeline.stages.speaker_words import assign_speakers


def span(speaker: str, start: float, end: float) -> SpeakerSpan:
    return SpeakerSpan(speaker=speaker, start=start, end=end)


def heard(*words: tuple[str, float, float]) -> Recognition:
    spoken = tuple(Word(text, start, end, 0.9) for text, start, end in words)
    segment = Segment(start=spoken[0].start, end=spoken[-1].end, text=" ".join(w.text for w in spoken), words=spoken)
    return Recognition(segments=(segment,), language="en", engine="test")


def said(recognition: Recognition, *spans: SpeakerSpan) -> list[tuple[str | None, str]]:
    return [(turn.speaker, turn.text) for turn in assign_speakers(recognition, spans)]


def test_last_word_stays_with_its_sentence_when_the_border_comes_too_early() -> None:
    """The diarizer gives "accounts." to the next speaker; the sentence end 0.3 s later is the truth."""
    recognition = heard(
        ("I", 0.0, 0.2),
        ("had", 0.2, 0.5),
        ("forty", 0.5, 0.9),
        ("accounts.", 0.9, 1.3),
        ("And", 1.4, 1.6),
        ("how?", 1.6, 2.0),
    )
    assert said(recognition, span("S1", 0.0, 0.95), span("S2", 0.95, 2.0)) == [
        ("S1", "I had forty accounts."),
        ("S2", "And how?"),
    ]


def test_first_word_goes_with_its_sentence_when_the_border_comes_too_late() -> None:
    recognition = heard(
        ("Fine.", 0.0, 0.4), ("So", 0.5, 0.7), ("what", 0.7, 0.9), ("happened", 0.9, 1.4), ("then?", 1.4, 1.8)
    )
    assert said(recognition, span("S1", 0.0, 0.75), span("S2", 0.75, 1.8)) == [
        ("S1", "Fine."),
        ("S2", "So what happened then?"),
    ]


def test_border_moves_to_a_pause_without_punctuation() -> None:
    """Raw recogniser output has no full stops; people still pause."""
    recognition = heard(
        ("i", 0.0, 0.1), ("left", 0.1, 0.4), ("early", 0.4, 0.8), ("why", 1.3, 1.6), ("early", 1.6, 2.0)
    )
    assert said(recognition, span("S1", 0.0, 0.55), span("S2", 0.55, 2.0)) == [
        ("S1", "i left early"),
        ("S2", "why early"),
    ]


def test_short_backchannel_stays_a_turn_of_its_own() -> None:
    recognition = heard(
        ("We", 0.0, 0.2),
        ("moved.", 0.2, 0.6),
        ("Mm-hm.", 0.75, 1.05),
        ("Then", 1.2, 1.4),
        ("we", 1.4, 1.5),
        ("paid.", 1.5, 1.9),
    )
    turns = said(recognition, span("S1", 0.0, 0.65), span("S2", 0.7, 1.1), span("S1", 1.15, 1.9))
    assert turns == [("S1", "We moved."), ("S2", "Mm-hm."), ("S1", "Then we paid.")]


def test_overlapping_speech_does_not_tear_a_sentence() -> None:
    """While the interviewer hums over it, the sentence goes on."""
    recognition = heard(("We", 0.0, 0.3), ("called", 0.3, 0.7), ("them", 0.7, 1.0), ("all", 1.0, 1.3))
    assert said(recognition, span("S1", 0.0, 1.3), span("S2", 0.6, 1.05)) == [("S1", "We called them all")]


def test_words_without_any_voice_are_unknown_not_guessed() -> None:
    recognition = heard(("Hello", 0.0, 0.4), ("there", 0.4, 0.8))
    assert said(recognition) == [(None, "Hello there")]


def test_words_far_from_all_speech_are_unknown() -> None:
    recognition = heard(("Yes.", 0.0, 0.4), ("Thanks", 9.0, 9.4))
    assert said(recognition, span("S1", 0.0, 0.5)) == [("S1", "Yes."), (None, "Thanks")]


def test_nothing_recognised_gives_no_turns() -> None:
    assert assign_speakers(Recognition(segments=(), language="en", engine="test"), [span("S1", 0, 1)]) == ()


def test_turns_carry_their_words_and_times() -> None:
    first, second = assign_speakers(
        heard(("Why?", 0.5, 0.9), ("Because.", 1.5, 2.0)), [span("S1", 0.4, 1.0), span("S2", 1.4, 2.1)]
    )
    assert (first.t, first.start, first.end) == (0, 0.5, 0.9)
    assert (second.t, second.start, second.end) == (1, 1.5, 2.0)
    assert second.words == (Word("Because.", 1.5, 2.0, 0.9),)
