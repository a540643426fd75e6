"""Text exports: Otter (``Name  1:05``), Google Meet (bare stamps, ``Name: text``), and plain ``Name: text``."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from pipeline.stages.transcribe.imported.cues import WORDS_PER_SECOND, Cue, Notes, label, spread, squeezed
from pipeline.stages.transcribe.imported.labels import like_a_name

_OTTER = re.compile(r"^(\S.{0,78}?)?\s{2,}((?:\d{1,2}:)?\d{1,2}:\d{2})\s*$")
_STAMP = re.compile(r"^\s*(\d{1,2}:\d{2}:\d{2}|\d{1,2}:\d{2})\s*$")
_NAMED = re.compile(r"^\s*([^:\n]{1,60}):(?:\s+(.*))?$")
_ENDED = re.compile(r"^\s*(?:Transcription|Meeting) ended after\s+(\d{1,2}:\d{2}:\d{2})", re.IGNORECASE)
_SHARED_SCREEN = re.compile(r"['’]s? presentation$|^presentation$", re.IGNORECASE)
_NOBODY = re.compile(r"unknown speaker|speaker unknown|unknown", re.IGNORECASE)
_HEADINGS = ("attendees", "invited", "participants", "date", "duration", "meeting", "title", "keywords", "summary")


def read(text: str, notes: Notes) -> tuple[str, list[Cue]]:
    """Name of the format, and the cues with their speakers; no cue where the text is none of the known exports."""
    lines = text.split("\n")
    heads = sum(1 for line in lines if len(line) <= 120 and _OTTER.match(line))
    stamps = sum(1 for line in lines if _STAMP.match(line[:40]))
    if heads and heads >= stamps:
        return "otter", _otter(lines, notes)
    names = Counter(match[1].strip() for line in lines if (match := _NAMED.match(line)))
    if not stamps and max(names.values(), default=0) < 2:  # a letter has lines with colons too, but nobody speaks twice
        return "none", []
    speakers = frozenset(name for name, count in names.items() if count > 1 or like_a_name(name))
    return ("meet" if stamps else "labelled-text"), _meet(lines, speakers, notes)


def _clock(stamp: str) -> float | None:
    """Seconds of ``m:ss`` or ``h:mm:ss``; None where the seconds or minutes are past 59."""
    parts = [int(part) for part in stamp.split(":")]
    if any(part > 59 for part in parts[1:]):
        return None
    return float(sum(part * 60**power for power, part in enumerate(reversed(parts))))


def _otter(lines: list[str], notes: Notes) -> list[Cue]:
    """One cue for each paragraph; it ends where the next begins, the last by ordinary speed of talk."""
    heads: list[Cue] = []
    said: list[list[str]] = []
    heading = 0
    for number, line in enumerate(lines, 1):
        match = _OTTER.match(line) if len(line) <= 120 else None
        if match:
            start = _clock(match[2])
            if start is None:
                notes.skip(number, "the time makes no sense")
            speaker = label(match[1] or "")
            speaker = None if speaker is None or _NOBODY.fullmatch(speaker) else speaker
            heads.append(Cue(number, start, None, "", speaker))
            said.append([])
        elif re.match(r"\s*Transcribed by https?://otter\.ai", line):
            continue
        elif line.strip() and heads:
            said[-1].append(line)
        else:
            heading += bool(line.strip())
    if heading:
        notes.say(f"{heading} line(s) before the first speaker were taken as the heading.")
    heads = _joined(heads, said)
    for head in heads:
        if head.start is not None and not head.text:
            notes.skip(head.line, f"nothing is said by {head.speaker or 'the speaker'}")
    return _with_ends([head for head in heads if head.text and head.start is not None])


def _joined(cues: list[Cue], said: list[list[str]]) -> list[Cue]:
    """The cues with the lines that belong to each as their text."""
    return [replace(cue, text=squeezed(" ".join(lines))) for cue, lines in zip(cues, said, strict=True)]


def _with_ends(heads: list[Cue]) -> list[Cue]:
    cues = []
    for place, head in enumerate(heads):
        start = head.start or 0.0
        spoken = len(head.text.split()) / WORDS_PER_SECOND
        guess = round(start + spoken, 3)
        after = heads[place + 1].start if place + 1 < len(heads) else None
        # a far later start is a pause in the talk, not the end of these words
        known = after is not None and start <= after <= start + 3 * spoken + 10
        cues.append(replace(head, end=after if known else guess, approximate=not known))
    return cues


@dataclass
class _Minute:
    """What stands between two stamps of a Meet transcript: its start (seconds, None without stamps) and its cues."""

    start: float | None
    cues: list[Cue] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=list)


def _meet(lines: list[str], speakers: frozenset[str], notes: Notes) -> list[Cue]:
    """Cues of ``Name: text`` lines; times between stamps are interpolated by the length of what is said."""
    minutes, end, shared = _minutes(lines, speakers, notes)
    if shared:
        notes.say(f"{shared} line(s) of a shared screen (a presentation, not a person) were dropped.")
    cues: list[Cue] = []
    for place, minute in enumerate(minutes):
        minute.cues = _joined(minute.cues, minute.said)
        if minute.start is None:
            cues += minute.cues
            continue
        words = sum(len(cue.text.split()) for cue in minute.cues)
        until = minutes[place + 1].start if place + 1 < len(minutes) else end
        if until is None or until < minute.start:
            until = minute.start + words / WORDS_PER_SECOND
        spans = spread(minute.start, until, [cue.text for cue in minute.cues])
        for cue, (since, to) in zip(minute.cues, spans, strict=True):
            cues.append(replace(cue, start=since, end=to, approximate=True))
    return cues


def _minutes(lines: list[str], speakers: frozenset[str], notes: Notes) -> tuple[list[_Minute], float | None, int]:
    """The stretches between stamps, the end of the talk (seconds), and the number of lines of a shared screen."""
    minutes, end, shared, dropping = [_Minute(None)], None, 0, False
    stamped = any(_STAMP.match(line[:40]) for line in lines)
    for number, line in enumerate(lines, 1):
        ended, stamp = _ENDED.match(line[:80]), _STAMP.match(line[:40])
        named = _NAMED.match(line)
        named = named if named and named[1].strip() in speakers else None
        if ended:
            end = _clock(ended[1])
            break
        if stamp:
            start = _clock(stamp[1])
            if start is None or (minutes[-1].start is not None and start < minutes[-1].start):
                notes.skip(number, "the time makes no sense")
            else:
                minutes.append(_Minute(start))
        elif named and not _is_heading(named[1], minutes, stamped):
            dropping = _SHARED_SCREEN.search(named[1].strip()) is not None
            shared += dropping
            if not dropping and (named[2] or "").strip():
                speaker = label(named[1])
                minutes[-1].cues.append(Cue(number, None, None, "", speaker))
                minutes[-1].said.append([named[2]])
        elif line.strip() and not dropping and minutes[-1].cues:
            minutes[-1].said[-1].append(line)
        elif line.strip() and not dropping and minutes[-1].start is not None:
            notes.skip(number, "text without a speaker")
    return minutes, end, shared


def _is_heading(name: str, minutes: list[_Minute], stamped: bool) -> bool:
    """Whether a ``Name: text`` line belongs to the head of the file: before the first stamp, where there are stamps."""
    name = name.strip()
    if stamped and len(minutes) == 1:
        return True
    return not minutes[-1].cues and name.casefold() in _HEADINGS
