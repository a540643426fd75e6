"""Words as the scorer reads them: names masked, gender neutral, spelling and small words evened out.

Scores must not depend on who speaks or on how the recogniser writes. So every turn becomes a row of plain words: lower case, no
punctuation, no fillers, no articles, one spelling, neutral pronouns; a word that no dictionary has (names, places, employers, products)
becomes ``MASK``. Each kept word remembers its characters in the turn, so that quotes stay verbatim.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import WeightsError
from pipeline.stages.lexicon import (
    ARTICLES,
    EXPANDED,
    FILLER_PAIRS,
    FILLERS,
    NEUTRAL,
    NOT_ISE,
    ONLY_WITH_APOSTROPHE,
    SPELLING,
    TAILS,
    TITLES,
)

MASK = "[MASK]"
"""What stands for a name or any other word that no dictionary has."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+[^\W\d_]*")
_NOISE = re.compile(
    r"\[[^\]]*\]|\((?:laughs?|laughter|laughing|pause|inaudible|crosstalk|sighs?|coughs?|chuckles?)[^)]*\)",
    re.IGNORECASE,
)

_OUR = re.compile(r"^(behavi|col|fav|hon|lab|neighb|flav|hum|rum|endeav|harb|vap|sav|vig|od|arm|parl)our")
_ISE = re.compile(
    r"^([a-z]{2,}?[^aeiou]|[a-z]*(?:al|ic|ar|or|im|in|it|is|ol|ir|er|on|an))is(e|ed|es|ing|er|ers|ation|ations)$"
)
_DOUBLED = re.compile(
    r"^(travel|cancel|model|label|counsel|signal|level|fuel|total|dial|channel|tunnel|marvel|quarrel|panel|pedal|initial)l(ed|ing|er|ers|ation|ations)$"
)


class Plain(NamedTuple):
    """One word as the scorer reads it, and the characters of the turn that it stands for (start, end)."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=1)
def dictionary() -> frozenset[str]:
    """English words in lower case (SCOWL, American and British), and trade words that rubrics and job talk use."""
    path = Path(__file__).parent / "data" / "words.txt.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return frozenset(file.read().split())
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise WeightsError(f"{path.name}: the list of words cannot be read.", "Reinstall debrief.") from error


def one_spelling(word: str) -> str:
    """The American spelling of a lower-case word; unknown words come back as they are."""
    if word in SPELLING:
        return SPELLING[word]
    word = _OUR.sub(lambda match: match.group(1) + "or", word)
    doubled = _DOUBLED.match(word)
    if doubled:
        return doubled.group(1) + doubled.group(2)
    ise = _ISE.match(word)
    if ise and ise.group(1) + "is" not in NOT_ISE and ise.group(1) + "ize" in dictionary():
        return f"{ise.group(1)}iz{ise.group(2)}"
    return word


@lru_cache(maxsize=65536)
def _plain(word: str, apostrophe: str) -> tuple[str, ...]:
    """The plain words for one written word (lower case, apostrophes taken out)."""
    if word.isdigit():
        return (word,)
    if apostrophe in ONLY_WITH_APOSTROPHE:
        return tuple(ONLY_WITH_APOSTROPHE[apostrophe].split())
    if word in EXPANDED:
        return tuple(EXPANDED[word].split())
    if word in TITLES or word in ARTICLES or word in FILLERS:
        return ()
    stem, _, tail = apostrophe.partition("'")
    if tail in TAILS and stem:
        return _plain(stem, stem) + TAILS[tail]
    word = NEUTRAL.get(word, one_spelling(word))
    if word in dictionary() or any(letter.isdigit() for letter in word):
        return (word,)
    return (MASK,)


def plain_words(text: str, hidden: Iterable[tuple[int, int]] = ()) -> tuple[Plain, ...]:
    """The words of a turn as the scorer reads them, in order; ``hidden`` are character spans that are names for certain."""
    noise = [match.span() for match in _NOISE.finditer(text)]
    names = sorted(hidden)
    found: list[Plain] = []
    written = list(_WORD.finditer(text))
    if noise:
        written = [m for m in written if not any(a <= m.start() < b for a, b in noise)]
    bare = [match.group().lower().replace("’", "'") for match in written]
    skip = -1
    for i, match in enumerate(written):
        if i == skip:
            continue
        if i + 1 < len(bare) and (bare[i], bare[i + 1]) in FILLER_PAIRS:
            skip = i + 1
            continue
        start, end = match.span()
        if names and any(start < b and a < end for a, b in names):
            words: Sequence[str] = (MASK,)
        else:
            words = _plain(bare[i].replace("'", "").replace(",", ""), bare[i])
        for word in words:
            if word == MASK and found and found[-1].text == MASK:  # "Dana Reyes" is one name
                found[-1] = Plain(MASK, found[-1].start, end)
            else:
                found.append(Plain(word, start, end))
    return tuple(found)


def plain_text(text: str) -> str:
    """A text as the scorer reads it, words joined by blanks."""
    return " ".join(word.text for word in plain_words(text))
