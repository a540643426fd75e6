"""Transcripts that users already have: subtitle files, text exports of meeting tools, and JSON of recognisers.

``read_transcript`` tells the format by what stands in the file, never by its name.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from models.transcript import Transcript, Turn
from pipeline.errors import SourceError
from pipeline.stages.transcribe.imported import contract, plain, recogniser, subtitles
from pipeline.stages.transcribe.imported.cues import Cue, Notes, merged

__all__ = ["is_transcript", "read_transcript"]

MAX_BYTES = 50_000_000
SUFFIXES = frozenset({".vtt", ".srt", ".txt", ".json"})
_FORMATS = (
    "Give WebVTT (Zoom, Teams, noScribe), SRT, Otter or Google Meet text, Whisper or whisperX JSON, "
    "or the plain transcript JSON."
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def is_transcript(path: Path) -> bool:
    """Whether ``path`` is to be read as a transcript: by its suffix, or where that says nothing by its first bytes."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        head = b""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"WEBVTT") or path.suffix.lower() in SUFFIXES:
        return True
    return not path.suffix and b"\x00" not in head and (start.startswith(b"{") or b" --> " in head)


def read_transcript(path: Path) -> Transcript:
    """The turns of a transcript file, with messages on what was skipped or inferred.

    Speakers are the labels of the file (None where it has none); times are seconds. Cues of one speaker that follow
    each other closely become one turn, except in the plain transcript JSON, whose turns and numbers are kept.
    SourceError where nothing can be used.
    """
    notes = Notes()
    text = _decode(path, notes)
    if text.lstrip()[:1] in ("{", "["):
        name, found = _from_json(path, text, notes)
    else:
        name, found = _from_text(text, notes)
    turns = found.turns if isinstance(found, Transcript) else merged(found)
    if not turns:
        remedy = f"{notes.first} {_FORMATS}" if notes.first else _FORMATS
        raise SourceError(f"{path.name}: holds no usable words of a talk.", remedy)
    if all(turn.speaker is None for turn in turns):
        notes.say("The file does not say who speaks.")
    said = found.id if isinstance(found, Transcript) and found.id else path.stem
    return Transcript(id=said, turns=turns, warnings=notes.messages(), meta={"format": name})


def _decode(path: Path, notes: Notes) -> str:
    """The text of a file: UTF-8, UTF-16 with a mark, or Windows-1252; control characters become blanks."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file.", "Check the path.") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read ({error}).", "Check that it is a file that you may read.") from error
    if len(content) > MAX_BYTES:
        raise SourceError(f"{path.name}: is larger than {MAX_BYTES // 1_000_000} MB.", "No transcript is that long.")
    if not content.strip():
        raise SourceError(f"{path.name}: the file is empty.", _FORMATS)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    elif content.count(b"\x00") > len(content) // 100:
        raise SourceError(f"{path.name}: is not text.", "Give a recording its usual suffix, such as .m4a or .mp4.")
    else:
        text = _from_bytes(content, notes)
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    cleaned = _CONTROLS.sub(" ", text)
    if cleaned != text:
        notes.say("Control characters in the file were replaced by blanks.")
    return cleaned


def _from_bytes(content: bytes, notes: Notes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        notes.say(f"line {line}: not UTF-8; the file was read as Windows-1252.")
        return content.decode("cp1252", errors="replace")


def _from_text(text: str, notes: Notes) -> tuple[str, list[Cue]]:
    if subtitles.looks_like(text):
        return subtitles.read(text, notes)
    return plain.read(text, notes)


def _from_json(path: Path, text: str, notes: Notes) -> tuple[str, list[Cue] | Transcript]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("["):  # a text transcript may begin with "[laughs]"
            return _from_text(text, notes)
        message = f"{path.name}:{error.lineno}: not valid JSON ({error.msg})."
        raise SourceError(message, "Export the transcript again.") from error
    except (RecursionError, ValueError) as error:
        raise SourceError(f"{path.name}: the JSON is nested too deeply or holds a huge number.", _FORMATS) from error
    if isinstance(data, dict) and isinstance(data.get("turns"), list):
        turns: tuple[Turn, ...] = contract.read(data["turns"], notes)
        schema = str(data.get("schema", ""))
        identity = data.get("id")
        name = "analysis-json" if schema.startswith("debrief.analysis/") else "transcript-json"
        return name, Transcript(id=_CONTROLS.sub(" ", identity) if isinstance(identity, str) else "", turns=turns)
    segments = data.get("segments") if isinstance(data, dict) else data
    if isinstance(segments, list):
        return recogniser.read(segments, notes)
    raise SourceError(f"{path.name}: the JSON holds neither turns nor segments.", _FORMATS)
