"""JSON of recognisers: Whisper's ``segments`` with words, and whisperX's with speakers and no times for numbers.

Sources: openai/whisper ``transcribe()`` result; whisperX alignment output (words that hold digits get no times).
"""

from __future__ import annotations

from itertools import groupby

from models.transcript import Word
from pipeline.stages.transcribe.imported.cues import Cue, Notes, label, seconds, spread, squeezed


def read(segments: list[object], notes: Notes) -> tuple[str, list[Cue]]:
    """Name of the format, and one cue for each segment, or several where its words have different speakers."""
    cues: list[Cue] = []
    speakers = False
    for number, segment in enumerate(segments):
        if not isinstance(segment, dict):
            notes.say(f"segments[{number}]: not a segment; skipped.")
            continue
        found = _cues(segment, number, notes)
        speakers = speakers or any(cue.speaker for cue in found)
        cues += found
    return ("whisperx-json" if speakers else "whisper-json"), cues


def _cues(segment: dict[str, object], number: int, notes: Notes) -> list[Cue]:
    text = segment.get("text")
    start, end = seconds(segment.get("start")), seconds(segment.get("end"))
    if not isinstance(text, str) or not text.strip():
        notes.say(f"segments[{number}]: has no text; skipped.")
        return []
    if start is None or end is None or end < start:
        notes.say(f"segments[{number}]: has no usable times; skipped.")
        return []
    speaker = label(segment.get("speaker"))
    spoken = _words(segment.get("words"), start, end, speaker)
    if len({each for each, _ in spoken}) > 1:
        return _split(spoken)
    only = spoken[0][0] if spoken else speaker
    return [Cue(0, start, end, _plain(text), only, tuple(word for _, word in spoken))]


def _plain(text: str) -> str:
    """One line without signs that cannot be written as UTF-8; JSON can hold halves of them."""
    return squeezed(text.encode("utf-8", "replace").decode())


def _split(spoken: list[tuple[str | None, Word]]) -> list[Cue]:
    cues = []
    for speaker, group in groupby(spoken, key=lambda each: each[0]):
        words = tuple(word for _, word in group)
        text = " ".join(word.text for word in words)
        cues.append(Cue(0, words[0].start, max(word.end for word in words), text, speaker, words))
    return cues


def _words(entries: object, start: float, end: float, speaker: str | None) -> list[tuple[str | None, Word]]:
    """Words with speakers; missing times are spread between the neighbours, missing speakers follow the word before."""
    if not isinstance(entries, list):
        return []
    found: list[tuple[str, float | None, float | None, float | None, str | None]] = []
    for entry in entries:
        text = entry.get("word", entry.get("text")) if isinstance(entry, dict) else None
        if not isinstance(text, str) or not text.strip():
            continue
        since, until = seconds(entry.get("start")), seconds(entry.get("end"))
        if since is None or until is None or until < since:
            since = until = None
        chance = seconds(entry.get("probability", entry.get("score")))
        speaker = label(entry.get("speaker")) or (found[-1][4] if found else speaker)
        found.append((_plain(text), since, until, chance if chance is not None and chance <= 1 else None, speaker))
    return _timed(found, start, end)


def _timed(
    found: list[tuple[str, float | None, float | None, float | None, str | None]], start: float, end: float
) -> list[tuple[str | None, Word]]:
    words: list[tuple[str | None, Word]] = []
    at = 0
    while at < len(found):
        text, since, until, chance, speaker = found[at]
        if since is not None and until is not None:
            words.append((speaker, Word(text, since, until, chance)))
            at += 1
            continue
        stop = next((n for n in range(at, len(found)) if found[n][1] is not None), len(found))
        before = words[-1][1].end if words else start
        after = found[stop][1] if stop < len(found) else end
        spans = spread(before, max(before, after if after is not None else end), [each[0] for each in found[at:stop]])
        for (said, _, _, likely, who), (from_s, to_s) in zip(found[at:stop], spans, strict=True):
            words.append((who, Word(said, from_s, to_s, likely)))
        at = stop
    return words
