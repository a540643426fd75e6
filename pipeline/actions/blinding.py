"""What a blind rater reads: the talk without names and other words that tell who somebody is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from models.job import Candidate
from models.review import HiddenDraft
from models.score import DraftScore
from models.transcript import Turn
from pipeline.stages.masking import MASK, plain_words

if TYPE_CHECKING:
    from pipeline.actions.cards import Card

GAP = "▒▒▒▒▒"
"""Stands for each hidden word; always the same length, since the length of a name is a hint."""

_LABEL = re.compile(r"S\d+")
_ADDRESS = re.compile(r"\S+@\S+")


class Hidden(NamedTuple):
    """A text with its hidden words as gaps, and the places of the hidden words in the true text."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def quote(self, start: int, end: int) -> str:
        """The characters from ``start`` to ``end`` of the true text, as they read in the hidden one."""
        return self.text[self._at(start) : self._at(end, after=True)]

    def _at(self, place: int, *, after: bool = False) -> int:
        shift = 0
        for start, end in self.spans:
            if end <= place:
                shift += len(GAP) - (end - start)
            elif start < place:
                return start + shift + (len(GAP) if after else 0)
        return place + shift


def names_in(*texts: str) -> re.Pattern[str]:
    """A pattern that finds each word of these names and addresses, in any case; it finds nothing where there is none."""
    parts = {part for text in texts for part in re.findall(r"[^\W\d_]{2,}", text)}
    words = "|".join(sorted(map(re.escape, parts), key=len, reverse=True))
    return re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])", re.IGNORECASE) if words else re.compile(r"(?!)")


def hide(text: str, names: re.Pattern[str]) -> Hidden:
    """The text without those names, without addresses, and without words that no dictionary has (people, employers, places)."""
    found = [match.span() for match in names.finditer(text)]
    found += [match.span() for match in _ADDRESS.finditer(text)]
    for word in plain_words(text):
        if word.text == MASK:
            inside = re.finditer(r"\S+", text[word.start : word.end])
            found += [(word.start + match.start(), word.start + match.end()) for match in inside]
    spans = _joined(found)
    pieces, last = [], 0
    for start, end in spans:
        pieces += [text[last:start], GAP]
        last = end
    return Hidden("".join([*pieces, text[last:]]), spans)


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    whole: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if whole and start < whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return tuple(whole)


def word_places(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand; a word is what stands between blanks (blank, tab, line ends, no-break space).

    The page's script cuts words by the same rule, and a gap stands for exactly one word, so that numbers of words mean the same with
    names hidden and shown.
    """
    return [match.span() for match in re.finditer(r"[^ \t\r\n\u00a0]+", text)]


def blinded(card: Card, candidate: Candidate) -> Card:
    """The card without the candidate's name and identifying words, in every field that could hold them."""
    names = names_in(candidate.name, candidate.email)
    true = {turn.t: turn.text for turn in card.turns}
    talk = {turn.t: hide(turn.text, names) for turn in card.turns}

    def quote(turn: int | None, words: str) -> str:
        at = true[turn].find(words) if turn in true else -1
        return talk[turn].quote(at, at + len(words)) if turn is not None and at >= 0 else hide(words, names).text

    changes: dict[str, object] = {
        "candidate": f"Candidate {candidate.id[:6]}",
        "hidden": True,
        "turns": tuple(_gaps(turn, talk[turn.t]) for turn in card.turns),
        "machine": {t: _gaps(turn, hide(turn.text, names)) for t, turn in card.machine.items()},
        "drafts": tuple(_draft(draft, quote) for draft in card.drafts),
        "corrections": tuple(
            x.model_copy(update={
                "text": None if x.text is None else hide(x.text, names).text,
                "reason": hide(x.reason, names).text,
                "speaker": _label(x.speaker),
            })
            for x in card.corrections
        ),
        "source": card.source and card.source.model_copy(update={"name": "recording"}),
        "warnings": tuple(hide(line, names).text for line in card.warnings),
    }  # fmt: skip
    if card.review is not None:
        lines = (
            line.model_copy(
                update={
                    "evidence": tuple(e.model_copy(update={"quote": quote(e.turn, e.quote)}) for e in line.evidence)
                }
            )
            for line in card.review.scores
        )
        changes["review"] = card.review.model_copy(update={"scores": tuple(lines)})
    return card.model_copy(update=changes)


def _gaps(turn: Turn, hidden: Hidden) -> Turn:
    shown = [hidden.text[a:b] for a, b in word_places(hidden.text)]
    aligned = len(turn.words) == len(shown)
    words = tuple(word._replace(text=text) for word, text in zip(turn.words, shown, strict=True)) if aligned else ()
    return turn.model_copy(update={"text": hidden.text, "words": words, "speaker": _label(turn.speaker)})


def _label(speaker: str | None) -> str | None:
    """A label such as S1; an imported transcript has people's names there, which are left out."""
    return speaker if speaker is not None and _LABEL.fullmatch(speaker) else None


def _draft(draft: DraftScore | HiddenDraft, quote: Callable[[int | None, str], str]) -> DraftScore | HiddenDraft:
    if isinstance(draft, HiddenDraft):
        quotes = (x.model_copy(update={"quote": quote(x.turn, x.quote)}) for x in draft.quotes)
        return draft.model_copy(update={"quotes": tuple(quotes)})
    return draft.model_copy(
        update={"evidence": tuple(x.model_copy(update={"quote": quote(x.turn, x.quote)}) for x in draft.evidence)}
    )
