"""What a file that somebody sent really is, by its content, found out in a process of its own with little memory and time.

Run as ``python -m pipeline.jobs.probing FILE NAME``: writes one line of JSON to standard output.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import DebriefError, SourceError

SECONDS = 60
CPU_SECONDS = 40
MEMORY = 2 << 30
"""Bytes of address space: FFmpeg and NumPy map far more than they use."""

HEAD = 4096
TEXT = frozenset({".vtt", ".srt", ".txt", ".json"})
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_AGAIN = "Export or download it again, then upload it."


@dataclass(frozen=True)
class Probe:
    """What a file is: its kind, and the seconds that it declares (None: it does not say)."""

    kind: Literal["recording", "transcript"]
    seconds: float | None


def probe_apart(file: Path, name: str) -> Probe:
    """What ``file`` is, whatever it is called; ``name`` is what its sender calls it.

    Raises SourceError for what cannot be used, also where it crashes or stalls the reader.
    """
    command = [sys.executable, "-m", "pipeline.jobs.probing", str(file.resolve()), plain_name(name)]
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    try:
        run = subprocess.run(
            command, capture_output=True, timeout=SECONDS, cwd=Path(__file__).parents[2], env={**os.environ, **limits}
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"{plain_name(name)}: looking into the file did not end; it is damaged.", _AGAIN) from None
    try:
        said = json.loads(run.stdout.decode().strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise SourceError(f"{plain_name(name)}: the file is damaged.", _AGAIN) from None
    if "message" in said:
        raise SourceError(said["message"], said["remedy"])
    return Probe(said["kind"], said["seconds"])


def plain_name(name: str) -> str:
    """The last part of what a sender calls a file, without control characters, at most 150 characters long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = " ".join("".join(c if c.isprintable() else " " for c in last).split())
    stem, dot, suffix = clean.rpartition(".")
    if len(clean) > 150:
        clean = f"{stem[:140]}.{suffix[:8]}" if dot else clean[:150]
    return clean if clean.strip(". ") else "recording"


def probe(file: Path, name: str) -> Probe:
    """What ``file`` is, in this process."""
    if file.stat().st_size == 0:
        raise SourceError(f"{name}: the file is empty (0 bytes).", _AGAIN)
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    if is_text(head):
        from pipeline.stages.transcribe.imported import read_transcript

        read_transcript(file)
        return Probe("transcript", None)
    from pipeline.stages import audio

    return Probe("recording", audio.probe(file))


def is_text(head: bytes) -> bool:
    """Whether a file that begins like this is text: no NUL and hardly a control character, or a mark of UTF-16.

    The NUL tells a recording of 8 bits that is all silence: its head alone has control characters.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return len(head) > 3 and max(head[2:42:2].count(0), head[3:42:2].count(0)) > min(10, len(head) // 4 - 1)
    return b"\0" not in head and len(_CONTROLS.findall(head)) * 100 <= len(head)


def analysed_as(name: str, head: bytes) -> str:
    """The name under which a file is analysed: with an ending that tells a transcript from a recording, as its content does."""
    stem, suffix = os.path.splitext(name)
    if is_text(head):
        return name if suffix.lower() in TEXT else f"{name}.txt"
    return f"{stem}.audio" if suffix.lower() in TEXT else name


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _renamed(text: str, file: Path, name: str) -> str:
    """The text with the sender's name of the file where it begins with ours."""
    plain = text.replace(str(file), name)
    return f"{name}{plain.removeprefix(file.name)}" if plain.startswith(file.name) else plain


def main(file: str, name: str) -> None:
    """Looks and tells on one line what it found; the stored file's name never shows."""
    if sys.platform != "win32":
        _limit()
    try:
        said = asdict(probe(Path(file), name))
    except DebriefError as error:
        said = {
            "message": _renamed(error.message, Path(file), name),
            "remedy": _renamed(error.remedy, Path(file), name),
        }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:3])
