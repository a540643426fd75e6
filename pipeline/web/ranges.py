"""Parts of a file, as players ask for them (RFC 9110, 14), and what kind of media its first bytes say it is."""

from __future__ import annotations

import re
from typing import NamedTuple

HEAD_BYTES = 64


class Part(NamedTuple):
    """Bytes ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


class UnsatisfiableError(Exception):
    """The range lies wholly outside the file."""


def wanted(header: str | None, size: int) -> Part | None:
    """The part that a ``Range`` header asks for; None for the whole file.

    Several ranges, other units and nonsense ask for the whole file too, as the standard allows. Raises
    UnsatisfiableError where there is nothing to send.
    """
    found = re.fullmatch(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", header or "", re.IGNORECASE | re.ASCII)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        if length == 0:
            raise UnsatisfiableError
        return Part(size - length, size - 1)
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise UnsatisfiableError
    return Part(first, last)


def kind_of(head: bytes) -> str:
    """The media type that the first bytes say; ``application/octet-stream`` for anything that no player plays."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"OggS":
        return "audio/ogg"
    if head[:4] == b"fLaC":
        return "audio/flac"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "audio/mp4" if brand == b"M4A " else "video/quicktime" if brand == b"qt  " else "video/mp4"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return "application/octet-stream"
