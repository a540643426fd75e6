"""Drafts against people: only scores that were given before the draft came into view say anything about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.accuracy import DraftAccuracy, InterviewerHabits, OverrideRate
from models.decision import Agreement
from models.review import Choice
from pipeline.judgement.agreement import kappa_with_interval

WITH_DRAFT_IN_VIEW: frozenset[Choice] = frozenset({"kept", "took-draft", "accepted", "overridden", "dismissed"})
"""Ways of settling a competency after its draft was seen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One competency in one submitted review: month of submission, first score (``blind``: before the draft was seen), score in
    the end, how it was settled, and the draft's level (None: no draft).
    """

    month: str
    competency: str
    first: int | None
    blind: bool
    score: int | None
    choice: Choice | None
    draft: int | None


@dataclass(frozen=True, slots=True)
class Talk:
    """One analysed interview of one interviewer: its words by who said them, questions asked, and those of the bank."""

    person: str
    interviewer_words: int
    candidate_words: int
    asked: frozenset[str]
    bank: tuple[str, ...]
    rubric: str


def draft_accuracy(name: str, lines: Iterable[Line]) -> DraftAccuracy:
    """Drafts against blind first scores; other lines are passed over."""
    blind = [line for line in lines if line.blind and line.first is not None]
    off = [line.draft - line.first for line in blind if line.draft is not None and line.first is not None]
    n = len(off)
    if not n:
        return DraftAccuracy(name=name, n=0, missing=len(blind))
    return DraftAccuracy(
        name=name,
        n=n,
        missing=len(blind) - n,
        exact=sum(d == 0 for d in off) / n,
        within1=sum(abs(d) <= 1 for d in off) / n,
        error=sum(map(abs, off)) / n,
        bias=sum(off) / n,
    )


def by_month(lines: Sequence[Line]) -> tuple[DraftAccuracy, ...]:
    """Month by month, oldest first."""
    return _grouped(lines, lambda line: line.month)


def by_competency(lines: Sequence[Line]) -> tuple[DraftAccuracy, ...]:
    """Competency by competency, where drafts lie farthest off first."""
    return tuple(sorted(_grouped(lines, lambda line: line.competency), key=lambda a: (-(a.error or 0), a.name)))


def _grouped(lines: Sequence[Line], key: Callable[[Line], str]) -> tuple[DraftAccuracy, ...]:
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    found = (draft_accuracy(name, group) for name, group in sorted(groups.items()))
    return tuple(accuracy for accuracy in found if accuracy.n or accuracy.missing)


def draft_kappa(lines: Iterable[Line]) -> Agreement:
    """Weighted kappa of drafts and blind first scores, with its 90 % interval."""
    pairs = [(x.first, x.draft) for x in lines if x.blind and x.first is not None and x.draft is not None]
    return kappa_with_interval("weighted kappa of draft and person", [a for a, _ in pairs], [b for _, b in pairs])


def override_rates(lines: Iterable[Line]) -> tuple[OverrideRate, ...]:
    """What people did with the drafts they saw, per competency, most often overridden first."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.draft is not None and line.choice in WITH_DRAFT_IN_VIEW:
            groups[line.competency].append(line)
    found = [
        OverrideRate(
            competency=key,
            n=len(group),
            overridden=sum(x.score != x.draft and x.choice != "dismissed" for x in group) / len(group),
            dismissed=sum(x.choice == "dismissed" for x in group) / len(group),
            moved=sum(x.blind and x.first != x.score for x in group) / len(group),
        )
        for key, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda rate: (-rate.overridden, rate.competency)))


def habits(talks: Iterable[Talk]) -> tuple[InterviewerHabits, ...]:
    """How each interviewer holds interviews, by person. An interview without a bank of questions has no coverage."""
    groups: dict[str, list[Talk]] = defaultdict(list)
    for talk in talks:
        groups[talk.person].append(talk)
    return tuple(_habits(person, mine) for person, mine in sorted(groups.items()))


def _habits(person: str, talks: Sequence[Talk]) -> InterviewerHabits:
    banked = [talk for talk in talks if talk.bank]
    shares = [len(talk.asked & set(talk.bank)) / len(talk.bank) for talk in banked]
    said = sum(talk.interviewer_words for talk in talks)
    words = said + sum(talk.candidate_words for talk in talks)
    held: Counter[str] = Counter(talk.rubric for talk in banked)
    asked: Counter[tuple[str, str]] = Counter((talk.rubric, q) for talk in banked for q in talk.asked)
    banks: Mapping[str, tuple[str, ...]] = {talk.rubric: talk.bank for talk in banked}
    unasked = [f"{rubric} {q}" for rubric, bank in sorted(banks.items()) for q in bank
               if asked[rubric, q] * 2 < held[rubric]]  # fmt: skip
    return InterviewerHabits(
        person=person,
        interviews=len(talks),
        coverage=sum(shares) / len(shares) if shares else None,
        talk_share=said / words if words else None,
        unasked=tuple(unasked),
    )
