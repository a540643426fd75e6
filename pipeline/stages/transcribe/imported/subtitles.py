"""Cue files: WebVTT as Zoom, Teams, noScribe and others write it, and SRT.

Source: the W3C recommendation WebVTT (blocks, cue timings, voice spans); SRT has no standard and is read like WebVTT
with commas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.stages.transcribe.imported import labels
from pipeline.stages.transcribe.imported.cues import Cue, Notes, spread

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_TEAMS_ID = re.compile(r"^[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}(?:/\d+-\d+)?$")


def looks_like(text: str) -> bool:
    """Whether the text is WebVTT or SRT."""
    return text.lstrip().startswith("WEBVTT") or "-->" in text


@dataclass
class _Block:
    """One cue as it stands in the file: line number of the timing, id, start and end in seconds, lines of text."""

    line: int
    identity: str
    start: float
    end: float
    lines: list[str] = field(default_factory=list)


def read(text: str, notes: Notes) -> tuple[str, list[Cue]]:
    """Name of the format, and the cues in order of time with their speakers."""
    blocks = _blocks(text.split("\n"), notes)
    cues: list[Cue] = []
    for block, parts in zip(blocks, labels.pieces(["\n".join(block.lines) for block in blocks]), strict=True):
        if not parts:
            notes.skip(block.line, "the cue has no text")
        spans = spread(block.start, block.end, [part.text for part in parts])
        for part, (start, end) in zip(parts, spans, strict=True):
            cues.append(Cue(block.line, start, end, part.text, part.speaker, (), len(parts) > 1))
    ordered = sorted(cues, key=lambda cue: cue.start or 0.0)
    if ordered != cues:
        notes.say("The cues were not in order of time; they were sorted.")
    return _name(text, blocks), ordered


def _name(text: str, blocks: list[_Block]) -> str:
    if not text.lstrip().startswith("WEBVTT"):
        return "srt"
    if re.search(r"^NOTE media:", text, re.MULTILINE):
        return "noscribe-vtt"
    if any(_TEAMS_ID.match(block.identity) for block in blocks):
        return "teams-vtt"
    if blocks and all(block.identity.isdigit() for block in blocks):
        return "zoom-vtt"
    return "webvtt"


def _blocks(lines: list[str], notes: Notes) -> list[_Block]:
    """Cues of the file; comments, styles and regions are left out, and what is no cue is reported with its line."""
    blocks: list[_Block] = []
    at, open_block, stray = 0, False, 0
    if lines and lines[0].lstrip().startswith("WEBVTT"):
        at = _paragraph_end(lines, 0, stop_at_cue=True)
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            open_block = False
        elif "-->" in line[:500]:
            block = _block(lines, at, blocks, open_block, notes)
            open_block = block is not None
            if block:
                blocks.append(block)
            else:  # what belongs to a cue with impossible times goes with it
                at = _paragraph_end(lines, at + 1, stop_at_cue=True) - 1
        elif open_block:
            blocks[-1].lines.append(line)
        elif re.match(r"(NOTE|STYLE|REGION)(\s|$)", line):
            at = _paragraph_end(lines, at, stop_at_cue=False) - 1
        elif not _is_cue_id(lines, at) and stray != at:
            notes.skip(at + 1, "text without a time")
            stray = at + 1
        at += 1
    return blocks


def _block(lines: list[str], at: int, blocks: list[_Block], open_block: bool, notes: Notes) -> _Block | None:
    """The cue whose timing stands at ``lines[at]``, or None with a message."""
    identity = lines[at - 1].strip() if at and "-->" not in lines[at - 1] else ""
    if open_block and blocks and blocks[-1].lines and identity == blocks[-1].lines[-1] and _id_like(identity):
        blocks[-1].lines.pop()  # cues that no blank line parts: the next cue's number is not text
    match = _TIMING.match(lines[at][:500])
    if not match:
        notes.skip(at + 1, "the time is not understood")
        return None
    start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    if start is None or end is None or end < start:
        notes.skip(at + 1, "the time makes no sense")
        return None
    return _Block(at + 1, identity, start, end)


def _id_like(line: str) -> bool:
    return line.isdigit() or _TEAMS_ID.match(line) is not None


def _is_cue_id(lines: list[str], at: int) -> bool:
    return at + 1 < len(lines) and "-->" in lines[at + 1][:500]


def _paragraph_end(lines: list[str], at: int, *, stop_at_cue: bool) -> int:
    """Index of the blank line that ends the paragraph at ``at``, or of the cue that begins before it."""
    while at < len(lines) and lines[at].strip():
        if stop_at_cue and at and ("-->" in lines[at][:500] or (_id_like(lines[at].strip()) and _is_cue_id(lines, at))):
            return at
        at += 1
    return at


def _seconds(parts: tuple[str | None, ...]) -> float | None:
    hours, minutes, secs, fraction = parts
    if not minutes or not secs or not fraction or int(minutes) > 59 or int(secs) > 59 or int(hours or 0) > 24:
        return None
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(secs) + int(fraction.ljust(3, "0")) / 1000
