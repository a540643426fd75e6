"""Who speaks in a subtitle cue: voice tags, ``Name: `` prefixes, ``(Name)`` lines and ``-`` for a second speaker.

Subtitle files have no grammar for speakers but WebVTT's voice tag, so prefixes count as names only where the file as
a whole uses them: a sentence such as "The point is: ..." must not become a person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.stages.transcribe.imported.cues import label, squeezed, unescaped

_VOICE = re.compile(r"<v(?:\.[^<>\s]*)?(?:[ \t]+([^<>]*))?>|</v>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
_PREFIX = re.compile(r"^[-–—>\s]{0,4}([^:\n<>]{1,60}):(?:\s+|$)")
_BRACKET = re.compile(r"^\s*-?\s*\(([^()\n]{1,60})\)\s*(.*)$")
_NAME_WORD = re.compile(
    r"[^\W\d_]\.?$|[A-Z0-9À-ÖØ-Þ#][^\s.?!,;]*\.?$|(?:de|da|di|van|von|der|den|la|le|el|bin|al)$|\(.*\)$"
)
_SOUNDS = {
    "applause", "background noise", "beep", "chuckles", "clears throat", "coughs", "cough", "cross talk", "crosstalk",
    "inaudible", "indiscernible", "laugh", "laughing", "laughs", "laughter", "music", "noise", "no audio", "pause",
    "phone ringing", "sighs", "silence", "sneezes", "unclear", "unintelligible",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A part of a cue that one person says. ``carries``: an unnamed piece may continue the person before it."""

    text: str
    speaker: str | None
    carries: bool = False


def pieces(cues: Sequence[str]) -> list[list[Piece]]:
    """For the raw text of each cue, what is said in it and by whom, judged over the whole file."""
    bare = [_VOICE.sub("\n", cue) for cue in cues]
    names = _prefix_names([_untagged(cue) for cue in bare])
    if names:
        parted = [_by_prefix(cue, names) for cue in bare]
        if any(_VOICE.search(cue) for cue in cues):
            parted = [_by_voice(cue) if _VOICE.search(cue) else part for cue, part in zip(cues, parted, strict=True)]
        return _carried(parted)
    if any(_VOICE.search(cue) for cue in cues):
        return [_by_voice(cue) for cue in cues]
    return _carried([_by_line(cue) for cue in bare])


def _untagged(text: str) -> str:
    return unescaped(_TAG.sub("", text))


def _said(text: str) -> str:
    return squeezed(_untagged(text))


def _by_voice(cue: str) -> list[Piece]:
    """Pieces of a cue with ``<v Name>`` tags; text before the first tag, or after a closing one, has no speaker."""
    found: list[Piece] = []
    speaker, at = None, 0
    for tag in [*_VOICE.finditer(cue), None]:
        text = _said(cue[at : tag.start() if tag else len(cue)])
        if text:
            found.append(Piece(text, speaker))
        if tag:
            speaker, at = label(unescaped(tag[1] or "")), tag.end()
    return found


def _prefix_names(cues: Sequence[str]) -> frozenset[str]:
    """The ``Name: `` prefixes of the file that are speakers.

    Where most cues have a prefix, all that look like names or come back; otherwise those that look like names, come
    back, and open the file (labels that are only written when the speaker changes).
    """
    found = [match[1].strip() for cue in cues for line in cue.splitlines() if (match := _PREFIX.match(line))]
    first = next((cue for cue in cues if cue.strip()), "")
    counts = Counter(name for name in found if _short(name))
    named = sum(1 for cue in cues if (match := _PREFIX.match(cue.lstrip())) and _short(match[1].strip()))
    if 2 * named >= max(1, len([cue for cue in cues if cue.strip()])):
        return frozenset(name for name, count in counts.items() if like_a_name(name) or count > 1)
    names = frozenset(name for name, count in counts.items() if like_a_name(name) and count > 1)
    opening = _PREFIX.match(first.lstrip())
    return names if opening and opening[1].strip() in names else frozenset()


def _short(name: str) -> bool:
    return 0 < len(name.split()) <= 6 and not re.search(r"[?!;]|\.\s|,.*,", name.replace(". ", ".", 1))


def like_a_name(name: str) -> bool:
    """Whether a label looks like a person: few words, each written like a name (``Reyes, Dana`` and ``S01`` too)."""
    words = name.replace(",", " ", 1).split()
    return 0 < len(words) <= 6 and name.casefold() not in _SOUNDS and all(_NAME_WORD.match(word) for word in words)


def _by_prefix(cue: str, names: frozenset[str]) -> list[Piece]:
    found: list[tuple[Piece, list[str]]] = []
    for line in cue.splitlines():
        match = _PREFIX.match(_untagged(line).lstrip())
        name = match[1].strip() if match else ""
        if match and name in names:
            found.append((Piece("", name), [_untagged(line).lstrip()[match.end() :]]))
        elif found:
            found[-1][1].append(_untagged(line))
        elif _said(line):
            found.append((Piece("", None, carries=True), [_untagged(line)]))
    return _joined(found)


def _by_line(cue: str) -> list[Piece]:
    """Pieces of a cue whose lines may be ``(Name)``, or start with ``-`` for another speaker."""
    found: list[tuple[Piece, list[str]]] = []
    for line in cue.splitlines():
        text = _said(line)
        match = _BRACKET.match(text)
        dash = re.match(r"[-–—]\s*(?=\S)", text)
        if match and like_a_name(match[1].strip()):
            found.append((Piece("", match[1].strip()), [match[2]]))
        elif dash:
            found.append((Piece("", None), [text[dash.end() :]]))
        elif found:
            found[-1][1].append(text)
        elif text:
            found.append((Piece("", None, carries=True), [text]))
    return _joined(found)


def _joined(found: list[tuple[Piece, list[str]]]) -> list[Piece]:
    return [Piece(squeezed(" ".join(lines)), piece.speaker, piece.carries) for piece, lines in found]


def _carried(cues: list[list[Piece]]) -> list[list[Piece]]:
    """Unnamed pieces continue the person before them, but only in a file that writes a name when the speaker changes.

    Such a file never names one person twice running; in any other, a piece without a name has no known speaker.
    """
    flat = [piece for cue in cues for piece in cue]
    in_a_row = any(one.speaker and one.speaker == two.speaker for one, two in pairwise(flat))
    done: list[list[Piece]] = []
    speaker = None
    for cue in cues:
        kept = []
        for piece in cue:
            if piece.speaker or not piece.carries:
                speaker = piece.speaker
            kept.append(Piece(piece.text, None if in_a_row and not piece.speaker else piece.speaker or speaker))
        done.append([piece for piece in kept if piece.text])
    return done
