"""Loops and phantoms of Whisper: found by what is known about them, removed, and counted.

Whisper repeats itself when it loses the thread, and invents phrases of video subtitles in noise and silence (Koenecke
et al., "Careless Whisper", 2024; the limits 2.4, 0.6 and -1.0 are openai-whisper's own). What a person may really have
said stays: "no, no, no" and "thank you" are speech.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Literal

from models.transcript import RemovedSpan, Segment, Word

Reason = Literal["compression", "no-speech", "repetition", "known-phrase"]

COMPRESSION_LIMIT = 2.4
NO_SPEECH_LIMIT = 0.6
LOGPROB_LIMIT = -1.0

LEAST_REPEATS = {1: 6, 2: 5, 3: 4, 4: 4}
"""How often words must be said in a row to be a loop, by their number; longer phrases: three times."""

LONGEST_PHRASE = 40

KNOWN_PHRASES = frozenset(
    {
        "thanks for watching",
        "thank you for watching",
        "thank you so much for watching",
        "thanks for watching and see you next time",
        "please subscribe",
        "please subscribe to my channel",
        "dont forget to subscribe",
        "like and subscribe",
        "see you in the next video",
        "ill see you in the next video",
        "ill see you next time",
        "subtitles by the amaraorg community",
        "transcribed by httpsotterai",
        "transcription by castingwords",
        "thank you",
        "you",
        "bye",
        "bye bye",
        "im sorry",
    }
)
"""What Whisper says in silence. Taken out only where the recogniser itself doubts it."""

DOUBTED = 0.5
"""Mean word probability under which a known phrase is not believed."""


def without_hallucinations(segments: Sequence[Segment]) -> tuple[tuple[Segment, ...], tuple[RemovedSpan, ...]]:
    """The segments that were spoken, and what was taken out, each with its reason, in time order.

    Of a loop the first round stays: it is usually real.
    """
    kept: list[Segment] = []
    removed: list[RemovedSpan] = []
    for segment in _without_loops(segments, removed):
        reason = _why_not(segment)
        if reason is None:
            kept.append(segment)
        else:
            removed.append(_span(reason, segment.words, segment))
    return tuple(kept), tuple(sorted(removed, key=lambda span: (span.start, span.end)))


def compression_ratio(text: str) -> float:
    """Length of the text over its length when compressed: what repeats itself compresses well."""
    raw = text.encode("utf-8")
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def _why_not(segment: Segment) -> Reason | None:
    """Why a segment is not believed; None when it is."""
    doubt = _mean_probability(segment)
    silent = (segment.no_speech_prob or 0.0) > NO_SPEECH_LIMIT
    if silent and (segment.avg_logprob or 0.0) < LOGPROB_LIMIT:
        return "no-speech"
    if compression_ratio(segment.text) > COMPRESSION_LIMIT:
        return "compression"
    if _plain(segment.text, blanks=True) in KNOWN_PHRASES and (doubt < DOUBTED or (silent and doubt < 0.8)):
        return "known-phrase"
    if _piled_up(segment.words):
        return "no-speech"
    return None


def _piled_up(words: Sequence[Word]) -> bool:
    """More than half of at least six words take no time: text without sound under it."""
    return len(words) >= 6 and sum(word.end - word.start <= 0.02 for word in words) > len(words) / 2


def _without_loops(segments: Sequence[Segment], removed: list[RemovedSpan]) -> Iterator[Segment]:
    """Segments without the second and further rounds of loops, which may run over several segments."""
    words = [(index, word) for index, segment in enumerate(segments) for word in segment.words]
    drop = _loop_positions([_plain(word.text) for _, word in words])
    at = 0
    for segment in segments:
        own = [(at + offset, word) for offset, word in enumerate(segment.words)]
        at += len(own)
        left = tuple(word for position, word in own if position not in drop)
        if len(left) == len(own):
            yield segment
            continue
        removed.append(_span("repetition", [word for position, word in own if position in drop], segment))
        if left:
            text = " ".join(word.text for word in left)
            yield segment.model_copy(update={"words": left, "text": text, "start": left[0].start, "end": left[-1].end})


def _loop_positions(words: Sequence[str]) -> set[int]:
    """Positions of the words that repeat what was just said too often to be speech."""
    drop: set[int] = set()
    at = 0
    while at < len(words):
        size, rounds = _loop_at(words, at)
        if size:
            drop.update(range(at + size, at + size * rounds))
            rest = at + size * rounds
            while rest < len(words) and words[rest] == words[rest - size]:
                drop.add(rest)
                rest += 1
            at = rest
        else:
            at += 1
    return drop


def _loop_at(words: Sequence[str], at: int) -> tuple[int, int]:
    """Length of the phrase that loops from here, and how often it is said; (0, 0) when nothing loops."""
    for size in range(1, min(LONGEST_PHRASE, (len(words) - at) // 3) + 1):
        phrase = words[at : at + size]
        rounds = 1
        while words[at + rounds * size : at + (rounds + 1) * size] == phrase:
            rounds += 1
        if rounds >= LEAST_REPEATS.get(size, 3):
            return size, rounds
    return 0, 0


def _mean_probability(segment: Segment) -> float:
    known = [word.probability for word in segment.words if word.probability is not None]
    return sum(known) / len(known) if known else 1.0


def _plain(text: str, *, blanks: bool = False) -> str:
    """Lower case without punctuation."""
    return (
        " ".join(re.sub(r"[^a-z0-9 ]", "", text.lower()).split()) if blanks else re.sub(r"[^a-z0-9]", "", text.lower())
    )


def _span(reason: Reason, words: Sequence[Word], segment: Segment) -> RemovedSpan:
    return RemovedSpan(
        reason=reason,
        start=words[0].start if words else segment.start,
        end=words[-1].end if words else segment.end,
        text=" ".join(word.text for word in words) if words else segment.text,
    )
