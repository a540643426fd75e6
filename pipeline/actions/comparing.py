"""Candidates of an opening side by side: ranks, ties, averages and rules, quick however many interviews there are.

What was computed of a candidate is remembered until one of their reviews changes: ranks and rules in the process, what resampling
gave in the database too. Numbers and ids, no words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Connection

from models._base import Noun
from models.decision import PanelReport, RankLine, State
from models.job import JobOpening
from models.rubric import Rubric
from pipeline.actions.desk import Desk
from pipeline.actions.lists import JobRow, job_rows
from pipeline.actions.reviewing import owing
from pipeline.errors import ConflictError, StorageError, UsageError
from pipeline.judgement.panel import panel_report
from pipeline.judgement.ranking import RECKONED, Stand, in_cents, of_cents, place, stand
from pipeline.store import lists, openings, restore, reviews, totals
from pipeline.store.restore import Cards
from pipeline.store.store import Store

Outcome = Literal["all met", "not met", "disqualified", "cannot tell"]
Print = tuple[str, tuple[tuple[str, int], ...], tuple[str, ...]]
"""What a candidate's figures rest on: rubric version, reviews with their versions, and settled disagreements."""

MANY = 400
"""From so many candidates on, reading the whole opening is quicker than naming them."""


class RuleState(Noun):
    """A rule in short: what it asks and whether it is met."""

    text: str
    state: State


class ComparedCandidate(Noun):
    """A candidate beside others: place, total with its 90 % interval, average and spread (levels between the lowest and
    the highest rater) of each competency, and the rules.

    ``hidden``: the acting person has yet to rate this candidate, and sees no scores before.
    """

    id: str
    name: str
    rank: int | None
    total: Decimal | None
    low: Decimal | None
    high: Decimal | None
    tied_with: tuple[str, ...] = ()
    averages: dict[str, Decimal | None]
    spreads: dict[str, int]
    outcome: Outcome
    rules: tuple[RuleState, ...]
    open_disagreements: int = 0
    single_signal: tuple[str, ...] = ()
    hidden: bool = False


class ComparisonPage(Noun):
    """Some candidates, best first, and how many there are; ``rubric`` is the version that the opening uses now."""

    job: JobOpening
    rubric: Rubric
    rows: tuple[ComparedCandidate, ...]
    total: int


@dataclass(slots=True)
class _Known:
    """What this process remembers of an opening."""

    prints: dict[str, Print] = field(default_factory=dict)
    stands: dict[str, Stand] = field(default_factory=dict)
    parts: dict[str, tuple[Print, ComparedCandidate]] = field(default_factory=dict)
    unkept: set[str] = field(default_factory=set)
    """Candidates whose ``stands`` the database does not have yet."""

    asked: tuple[frozenset[str], dict[str, Print]] | None = None
    lines: tuple[RankLine, ...] = ()


_KNOWN: WeakKeyDictionary[Store, dict[str, _Known]] = WeakKeyDictionary()
OPENINGS = 20
"""Openings of which a process remembers something."""


def compared_jobs(desk: Desk) -> tuple[JobRow, ...]:
    """The openings whose candidates the person may compare, newest first."""
    with desk.store.read() as c:
        desk.require(c, "rank")
    return job_rows(desk)


def ranking(desk: Desk, job_id: str) -> tuple[RankLine, ...]:
    """The candidates of an opening by confirmed total, with ties. Cards of an older rubric version have no rank."""
    with desk.store.read() as c:
        lines, _, _, job, _ = _ranking(c, desk, job_id)
    _keep(desk.store, job)
    return lines


def compare(
    desk: Desk,
    job_id: str,
    page: int = 1,
    *,
    size: int = 50,
    outcome: Outcome | None = None,
    only: Collection[str] | None = None,
    name: str = "",
    rule: tuple[int, State] | None = None,
) -> ComparisonPage:
    """A page of an opening's candidates side by side, best first.

    Only those with that ``outcome``, of those ids, with those words in their ``name``, and whose rule of that number
    (in the order of ``rules``, from 0) is in that state, where given. Who has yet to rate a candidate blind sees no name.
    """
    if page < 1 or not 1 <= size <= 500:
        raise UsageError("Pages count from 1 and hold 1 to 500 rows.", "Ask for another page.")
    with desk.store.read() as c:
        lines, prints, hidden, job, rubric = _ranking(c, desk, job_id)
        masked = hidden if rubric.blind else frozenset()
        if only is not None:
            lines = tuple(line for line in lines if line.candidate in only)
        if name.strip():
            named = lists.candidates_named(c, job_id, name) - masked
            lines = tuple(line for line in lines if line.candidate in named)
        if outcome is not None or rule is not None:
            found = _parts(c, desk.store, job, rubric, [line.candidate for line in lines], prints, hidden)
            lines = tuple(line for line in lines if _fits(found[line.candidate], outcome, rule))
        shown = lines[(page - 1) * size : page * size]
        ids = [line.candidate for line in shown]
        found = _parts(c, desk.store, job, rubric, ids, prints, hidden)
        names = lists.candidate_names(c, ids)
    _keep(desk.store, job)
    rows = []
    for line in shown:
        where = {name: getattr(line, name) for name in ("rank", "total", "low", "high", "tied_with")}
        called = f"Candidate {line.candidate[:6]}" if line.candidate in masked else names[line.candidate]
        about = {"name": called, "hidden": line.candidate in hidden}
        rows.append(found[line.candidate].model_copy(update={**where, **about}))
    return ComparisonPage(job=job, rubric=rubric, rows=tuple(rows), total=len(lines))


def rule_texts(rubric: Rubric) -> tuple[str, ...]:
    """What the rules of a comparison ask, in the order of their numbers: must-haves first, then the rubric's rules."""
    return tuple(result.text for result in panel_report("", rubric, ()).result.rules)


def _fits(found: ComparedCandidate, outcome: Outcome | None, rule: tuple[int, State] | None) -> bool:
    if outcome is not None and found.outcome != outcome:
        return False
    return rule is None or (rule[0] < len(found.rules) and found.rules[rule[0]].state == rule[1])


def _ranking(
    c: Connection, desk: Desk, job_id: str
) -> tuple[tuple[RankLine, ...], dict[str, Print], frozenset[str], JobOpening, Rubric]:
    user = desk.require(c, "rank")
    job = openings.get_job(c, job_id)
    rubric = openings.get_rubric(c, job.rubric)
    hidden = frozenset(owing(c, user.id, job_id))
    prints = _prints(c, job)
    known = _known(desk.store, job_id)
    if known.asked != (hidden, prints):
        changed = [key for key, seen in prints.items() if known.prints.get(key) != seen]
        kept = totals.kept(c, job_id, _few(changed)) if changed else {}
        fresh = {
            key: of_cents(kept[key].total, kept[key].low, kept[key].high, kept[key].counts)
            for key in changed
            if key in kept and kept[key].basis == _basis(prints[key])
        }
        drawn = {
            key: stand(rubric, card.scores, card.waiting)
            for key, card in _cards(c, job, [key for key in changed if key not in fresh]).items()
        }
        fresh |= drawn
        known.unkept |= set(drawn)
        stands = {key: fresh[key] if key in fresh else known.stands[key] for key in prints}
        known.lines = place({key: Stand(None) if key in hidden else found for key, found in stands.items()})
        known.stands, known.prints, known.asked = stands, prints, (hidden, prints)
        known.parts = {key: part for key, part in known.parts.items() if key in prints}
    return known.lines, prints, hidden, job, rubric


def _basis(seen: Print) -> str:
    return hashlib.sha256(repr((RECKONED, seen)).encode()).hexdigest()


def _keep(store: Store, job: JobOpening) -> None:
    """Puts what was drawn anew into the database, unless it has changed meanwhile; a database that is busy goes without."""
    known = _known(store, job.id)
    if not known.unkept:
        return
    wanted, known.unkept = known.unkept, set()
    with suppress(StorageError, ConflictError), store.write() as c:
        now = _prints(c, job)
        still = [key for key in wanted if key in now and known.prints.get(key) == now[key]]
        totals.keep(c, {key: totals.KeptTotal(_basis(now[key]), *in_cents(known.stands[key])) for key in still})


def _prints(c: Connection, job: JobOpening) -> dict[str, Print]:
    cards = lists.review_versions(c, job.id)
    settled = reviews.outcomes_in(c, job.id)
    return {
        key: (job.rubric.version, cards.get(key, ()), tuple(outcome.id for outcome in settled.get(key, ())))
        for key in lists.candidate_ids(c, job.id)
    }


def _few(wanted: Sequence[str]) -> Sequence[str] | None:
    """Those candidates where they are few enough to be named to the database; None for everyone."""
    return wanted if len(wanted) < MANY else None


def _cards(c: Connection, job: JobOpening, wanted: Sequence[str]) -> dict[str, Cards]:
    """The cards of those candidates; none of one whose reviews were made with another rubric version."""
    if not wanted:
        return {}
    found = restore.confirmed(c, job=job.id, candidates=_few(wanted))
    cards = {key: found.get(key, Cards()) for key in wanted}
    return {
        key: card if all(ref == job.rubric for ref in {score.rubric for score in card.scores}) else Cards()
        for key, card in cards.items()
    }


def _parts(
    c: Connection,
    store: Store,
    job: JobOpening,
    rubric: Rubric,
    wanted: Sequence[str],
    prints: Mapping[str, Print],
    hidden: frozenset[str],
) -> dict[str, ComparedCandidate]:
    """What a comparison shows of each candidate besides name and place."""
    kept = _known(store, job.id).parts
    missing = [key for key in wanted if key not in hidden and (key not in kept or kept[key][0] != prints[key])]
    settled = reviews.outcomes_in(c, job.id) if missing else {}
    for key, card in _cards(c, job, missing).items():
        report = panel_report(key, rubric, card.scores, outcomes=settled.get(key, ()), waiting=card.waiting)
        kept[key] = (prints[key], _part(report))
    return {key: _part(panel_report(key, rubric, ())) if key in hidden else kept[key][1] for key in wanted}


def forget() -> None:
    """Drops what this process remembers; what the database keeps stays."""
    _KNOWN.clear()


def _known(store: Store, job_id: str) -> _Known:
    mine = _KNOWN.setdefault(store, {})
    if job_id not in mine:
        while len(mine) >= OPENINGS:
            mine.pop(next(iter(mine)), None)
        mine[job_id] = _Known()
    return mine[job_id]


def _part(panel: PanelReport) -> ComparedCandidate:
    averages = panel.result.total.averages
    levels = {a.competency: [score.level for score in a.scores] for a in averages}
    return ComparedCandidate(
        id=panel.candidate, name="", rank=None, total=None, low=None, high=None,
        averages={a.competency: a.average for a in averages},
        spreads={key: max(found) - min(found) for key, found in levels.items() if found},
        outcome=panel.result.outcome, rules=tuple(RuleState(text=r.text, state=r.state) for r in panel.result.rules),
        open_disagreements=panel.open_disagreements, single_signal=panel.single_signal,
    )  # fmt: skip
