"""Whose work it was: answers that say themselves that somebody else did it are no evidence of the candidate's own."""

from __future__ import annotations

import re

_OTHERS = r"(?:colleague|coworker|co-worker|teammate|manager|boss|lead|supervisor|predecessor|director|peer|team)"
_DENIED = re.compile(
    r"\bno (?:real |actual )?(?:part|hand|role|involvement) in (?:it|that|this|any)\b"
    r"|\bI (?:was not|wasn'?t|were not|am not) (?:even |really |actually |personally )?(?:on (?:it|that|this)|involved|part of (?:it|that|this))\b"
    r"|\bI (?:did not|didn'?t) (?:work on|touch|lead|own) (?:any of |much of )?(?:it|that|this)\b"
    r"|\bI (?:only|just) (?:heard|watched|sat in|read about|saw it)\b"
    r"|\bnot my (?:own )?(?:work|doing|project|idea)\b"
    r"|\b(?:it|that|this) (?:was|is) not me\b|\b(?:it|that|this) (?:wasn'?t|isn'?t) me\b"
    rf"|\b(?:it|that|this) (?:was|is) (?:all |really |actually |mostly |entirely )*(?:my|our|a|the) (?:\w+ )?{_OTHERS}\b"
    rf"|\b(?:my|our|a|the) (?:\w+ )?{_OTHERS} (?:\w+ )?(?:did|handled|ran|led|owned|built|made) (?:all of |most of )?(?:it|that|this|everything)\b"
    rf"|\bthe team (?:in|at|from|over) [\w ]{{2,30}} did (?:it|this|that)\b"
    r"|\b(?:it|that|this) was [A-Z]\w+, who\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:I|I'm|I've|I'd|I'll|my|mine|myself)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_OWN = re.compile(
    r"\b(?:I|I'm|I've|I'd|I'll|my|mine|myself|me|we|we're|we've|we'd|us|our|ours|ourselves)\b", re.IGNORECASE
)
_ONE_OF_OURS = re.compile(rf"\b(?:my|our) (?:\w+ )?{_OTHERS}\b", re.IGNORECASE)
_THEIRS = re.compile(
    r"\b(?:he|she|they|he's|she's|they're|they've|he'd|she'd|they'd|his|her|their|him|them|himself|herself|themselves)\b",
    re.IGNORECASE,
)
STORY_WORDS = 40
"""Shorter turns go on with what was told before, so who did it may have been said there."""


def denied(text: str) -> bool:
    """Whether a turn says that the work told in it was somebody else's, and tells nothing of the candidate's own beside it.

    A denial alone is not enough: "that was my manager's idea, but I built it" has first persons outside the sentence that denies.
    """
    text = text.replace("’", "'")
    if not _DENIED.search(text):
        return False
    rest = [part for part in _SENTENCE.findall(text) if not _DENIED.search(part)]
    words = sum(len(part.split()) for part in rest)
    first = sum(len(_FIRST.findall(part)) for part in rest)
    return first * 40 <= words


def told_of_others(text: str) -> bool:
    """Whether a longer turn tells what others did, with hardly a first person in it; "my colleague" is none."""
    text = _ONE_OF_OURS.sub("they", text.replace("’", "'"))
    words = len(text.split())
    return words >= STORY_WORDS and len(_OWN.findall(text)) * 60 <= words and len(_THEIRS.findall(text)) * 25 >= words
