"""The plain transcript JSON, and an analysis read back: turns and their numbers stay as they are.

The format is ``{"id": ..., "turns": [{"t", "speaker", "start", "end", "text"}]}``; times and words may be absent.
"""

from __future__ import annotations

from itertools import pairwise

from models.transcript import Turn, Word
from pipeline.stages.transcribe.imported.cues import WORDS_PER_SECOND, Notes, label, seconds


def read(entries: list[object], notes: Notes) -> tuple[Turn, ...]:
    """Turns with their own numbers and exact texts; an entry that is none is reported and left out.

    Roles, questions and kinds of an analysis are not taken over: they are found anew from what was said.
    """
    numbered = any(isinstance(entry, dict) and entry.get("t") is not None for entry in entries)
    turns: list[Turn] = []
    seen: set[int] = set()
    for place, entry in enumerate(entries):
        turn = _turn(entry, place, numbered, notes)
        if turn is None:
            continue
        if turn.t in seen:
            notes.say(f"turn {turn.t}: the number stands twice; the second was skipped.")
            continue
        seen.add(turn.t)
        turns.append(turn)
    return _ended(turns)


def _turn(entry: object, place: int, numbered: bool, notes: Notes) -> Turn | None:
    if not isinstance(entry, dict):
        notes.say(f"turns[{place}]: not a turn; skipped.")
        return None
    number = entry.get("t") if numbered else place
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 10_000_000:
        notes.say(f"turns[{place}]: the turn has no usable number t; skipped.")
        return None
    text = entry.get("text")
    if not isinstance(text, str) or not text.strip():
        notes.say(f"turn {number}: has no text; skipped.")
        return None
    speaker = label(entry.get("speaker"))
    if speaker is None and entry.get("speaker") not in (None, ""):
        notes.say(f"turn {number}: the speaker is not a name; taken as unknown.")
    start, end = _times(entry, number, notes)
    words = _words(entry.get("words"))
    kept = _clean(text)
    if kept != text:
        notes.say(f"turn {number}: control characters were replaced by blanks.")
    return Turn(
        t=number,
        speaker=_clean(speaker) if speaker else None,
        start=start,
        end=end,
        text=kept,
        words=words,
        approximate=entry.get("approximate") is True,
    )


def _clean(text: str) -> str:
    """The text with control characters and broken surrogates as blanks (lengths stay); all else exactly as it was."""
    if text.isprintable():
        return text
    return "".join(
        " "
        if (ord(sign) < 32 and sign not in "\t\n\r") or 127 <= ord(sign) < 160 or 0xD800 <= ord(sign) < 0xE000
        else sign
        for sign in text
    )


def _times(entry: dict[str, object], number: int, notes: Notes) -> tuple[float | None, float | None]:
    start, end = seconds(entry.get("start")), seconds(entry.get("end"))
    given = [key for key in ("start", "end") if entry.get(key) is not None]
    if any(seconds(entry.get(key)) is None for key in given) or (start is not None and end is not None and end < start):
        notes.say(f"turn {number}: the times make no sense; the turn is kept without them.")
        return None, None
    return start, end


def _words(entries: object) -> tuple[Word, ...]:
    """Words in the contract's form, [text, start, end, probability]; none at all where one of them does not fit."""
    if not isinstance(entries, list):
        return ()
    words = []
    for entry in entries:
        if not isinstance(entry, list) or not 3 <= len(entry) <= 4 or not isinstance(entry[0], str):
            return ()
        start, end = seconds(entry[1]), seconds(entry[2])
        chance = seconds(entry[3]) if len(entry) == 4 else None
        if start is None or end is None or end < start or (chance is not None and chance > 1):
            return ()
        words.append(Word(_clean(entry[0]), start, end, chance))
    return tuple(words)


def _ended(turns: list[Turn]) -> tuple[Turn, ...]:
    """Turns that have a start but no end get one: the next turn's start, or by ordinary speed of talk."""
    done: list[Turn] = []
    for turn, after in pairwise([*turns, None]):
        assert turn is not None
        if turn.start is not None and turn.end is None:
            guess = turn.start + turn.n_words / WORDS_PER_SECOND
            following = after.start if after is not None and after.start is not None else guess
            end = round(max(turn.start, min(guess, following)), 3)
            turn = turn.model_copy(update={"end": end, "approximate": True})
        elif turn.start is None and turn.end is not None:
            turn = turn.model_copy(update={"end": None})
        done.append(turn)
    return tuple(done)
