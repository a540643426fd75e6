"""Drafts against people: only scores that were given before the draft came into view say anything about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from models.accuracy import DraftAccuracy, InterviewerHabits, OverrideRate
from models.decision import Agreement
from models.review import Choice
from pipeline.judgement.agreement import table_kappa

WITH_DRAFT_IN_VIEW: frozenset[Choice] = frozenset({"kept", "took-draft", "accepted", "overridden", "dismissed"})
"""Ways of settling a competency after its draft was seen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One competency in one submitted review: month of submission, first score (``blind``: before the draft was seen), score in
    the end, how it was settled, and the draft's level (None: no draft). ``times``: how many such there are.
    """

    month: str
    competency: str
    first: int | None
    blind: bool
    score: int | None
    choice: Choice | None
    draft: int | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Talk:
    """One analysed interview of one interviewer: its words by who said them, questions asked, and those of the bank.

    ``times``: of how many interviews with the same questions asked this is the sum.
    """

    person: str
    interviewer_words: int
    candidate_words: int
    asked: frozenset[str]
    bank: tuple[str, ...]
    rubric: str
    times: int = 1


def draft_accuracy(name: str, lines: Iterable[Line]) -> DraftAccuracy:
    """Drafts against blind first scores; other lines are passed over."""
    off: Counter[int] = Counter()
    missing = 0
    for line in lines:
        if not line.blind or line.first is None:
            continue
        if line.draft is None:
            missing += line.times
        else:
            off[line.draft - line.first] += line.times
    n = off.total()
    if not n:
        return DraftAccuracy(name=name, n=0, missing=missing)
    return DraftAccuracy(
        name=name,
        n=n,
        missing=missing,
        exact=off[0] / n,
        within1=sum(off[d] for d in (-1, 0, 1)) / n,
        error=sum(abs(d) * times for d, times in off.items()) / n,
        bias=sum(d * times for d, times in off.items()) / n,
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
    cells: Counter[tuple[int, int]] = Counter()
    for line in lines:
        if line.blind and line.first is not None and line.draft is not None:
            cells[line.first, line.draft] += line.times
    return table_kappa("weighted kappa of draft and person", cells)


def override_rates(lines: Iterable[Line]) -> tuple[OverrideRate, ...]:
    """What people did with the drafts they saw, per competency, most often overridden first."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.draft is not None and line.choice in WITH_DRAFT_IN_VIEW:
            groups[line.competency].append(line)
    found = [
        OverrideRate(
            competency=key,
            n=n,
            overridden=sum(x.times for x in group if x.score != x.draft and x.choice != "dismissed") / n,
            dismissed=sum(x.times for x in group if x.choice == "dismissed") / n,
            moved=sum(x.times for x in group if x.blind and x.first != x.score) / n,
        )
        for key, group in groups.items()
        if (n := sum(x.times for x in group))
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
    hits: Counter[int] = Counter()  # questions asked, by the size of the bank that they are of
    for talk in banked:
        hits[len(talk.bank)] += len(talk.asked & set(talk.bank)) * talk.times
    covered = sum((Fraction(found, size) for size, found in hits.items()), Fraction(0))
    number = sum(talk.times for talk in banked)
    said = sum(talk.interviewer_words for talk in talks)
    words = said + sum(talk.candidate_words for talk in talks)
    held: Counter[str] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    for talk in banked:
        held[talk.rubric] += talk.times
        asked.update({(talk.rubric, q): talk.times for q in talk.asked})
    banks: Mapping[str, tuple[str, ...]] = {talk.rubric: talk.bank for talk in banked}
    unasked = [f"{rubric} {q}" for rubric, bank in sorted(banks.items()) for q in bank
               if asked[rubric, q] * 2 < held[rubric]]  # fmt: skip
    return InterviewerHabits(
        person=person,
        interviews=sum(talk.times for talk in talks),
        coverage=float(covered / number) if number else None,
        talk_share=said / words if words else None,
        unasked=tuple(unasked),
    )
