"""One candidate's scorecard as a person may see it now: rounds, confirmed scores, decisions, history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.engine import Connection

from models._base import Noun
from models.decision import CandidateReport, HiringDecision, OpeningReport, PanelOutcome, PanelReport
from models.job import Candidate, Consent, Interview, JobOpening, RaterKind
from models.review import Review
from models.rubric import Rubric
from models.user import User
from pipeline.actions import panels
from pipeline.actions.desk import Desk
from pipeline.actions.lists import blind
from pipeline.actions.reviewing import own_reviews
from pipeline.errors import ConflictError, ForbiddenError, UsageError
from pipeline.judgement.permissions import may
from pipeline.judgement.review import DUE
from pipeline.store import audit, interviews, openings, restore, reviews
from pipeline.store.restore import Cards

HISTORY = {
    "create": "added",
    "consent": "consent recorded",
    "attach-recording": "recording attached",
    "attach-analysis": "analysed",
    "re-score": "re-scored after a correction",
    "correct": "transcript corrected",
    "assign": "reviewer assigned",
    "submit": "review submitted",
    "reopen": "review reopened",
    "flag": "score flagged: its evidence was corrected",
    "reaffirm": "flagged score reaffirmed",
    "settle": "disagreement settled",
    "decide": "decision recorded",
    "export": "scorecard exported",
    "send-lever": "scorecard sent to Lever",
    "send-ashby": "scorecard sent to Ashby",
}
"""Changes that a scorecard's history shows, in words; keystrokes of a review are not among them."""

HIDDEN = "Other people's scores stay hidden until yours are in."


class RaterState(Noun):
    """A person asked to rate a round, and how far they are. ``late``: due and not submitted."""

    person: str
    name: str
    kind: RaterKind
    state: Literal["not opened", "in draft", "submitted"]
    late: bool


class Round(Noun):
    """A round with the candidate. ``readable``: the acting person may open its transcript and recording."""

    id: str
    name: str
    held_at: datetime
    consent: Consent
    recorded: bool
    readable: bool
    raters: tuple[RaterState, ...]


class Event(Noun):
    """A line of the history: when, who, what in words, and in which round (empty: about the candidate)."""

    at: datetime
    who: str
    what: str
    round: str = ""


class CandidateCard(Noun):
    """A candidate's scorecard for one pair of eyes.

    ``panel`` is None while scores are hidden from this person or cannot be weighed together; ``why`` then says why.
    ``own`` is the interview of the first review that the person still owes. ``reviews`` are the submitted ones that
    may be read. ``decisions`` stay with those who may rank. ``names`` gives names to the ids of people.
    """

    candidate: Candidate
    job: JobOpening
    rubric: Rubric
    rounds: tuple[Round, ...]
    panel: PanelReport | None
    why: str = ""
    own: str | None = None
    reviews: tuple[Review, ...] = ()
    outcomes: tuple[PanelOutcome, ...] = ()
    decisions: tuple[HiringDecision, ...] = ()
    history: tuple[Event, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)


def candidate_card(desk: Desk, candidate_id: str) -> CandidateCard:
    """The scorecard. Who rates the candidate sees scores after submitting all of their own reviews, never before.

    A candidate whom the person has yet to rate blind has no name.
    """
    with desk.store.read() as c:
        candidate = openings.get_candidate(c, candidate_id)
        held = interviews.interviews(c, candidate=candidate_id)
        user = desk.require(c, "read-panel", held)
        job = openings.get_job(c, candidate.job)
        owed = [r.interview for r in own_reviews(c, user.id, candidate_id) if r.state != "submitted"]
        made = reviews.reviews(c, candidate=candidate_id)
        names = {u.id: u.name for u in openings.users(c)}
        if {i.id for i in held} & blind(c, user.id):
            candidate = candidate.model_copy(update={"name": f"Candidate {candidate.id[:6]}", "email": ""})
        rounds = _rounds(desk, user, held, made, names)
        if owed:
            return CandidateCard(
                candidate=candidate, job=job, rubric=openings.get_rubric(c, job.rubric), rounds=rounds, panel=None,
                why=HIDDEN, own=owed[0], names=names, history=_history(c, candidate, held, (), names, decided=False),
            )  # fmt: skip
        panel, rubric, why = _weighed(c, candidate_id, job)
        decides = may(user, "rank")
        return CandidateCard(
            candidate=candidate,
            job=job,
            rubric=rubric,
            rounds=rounds,
            panel=panel,
            why=why,
            reviews=tuple(r for r in made if r.state == "submitted"),
            outcomes=reviews.outcomes(c, candidate_id),
            decisions=reviews.decisions(c, candidate_id) if decides else (),
            history=_history(c, candidate, held, made, names, decided=decides),
            names=names,
        )


def pair(desk: Desk, job_id: str, first: str, second: str) -> tuple[CandidateCard, CandidateCard]:
    """Two candidates of an opening side by side, for those who may rank."""
    with desk.store.read() as c:
        desk.require(c, "rank")
        openings.get_job(c, job_id)
    if not first or not second or first == second:
        raise UsageError("Two different candidates are needed.", "Choose one as A and another as B.")
    cards = candidate_card(desk, first), candidate_card(desk, second)
    if any(card.job.id != job_id for card in cards):
        raise UsageError("These two are not candidates of the same opening.", "Choose them from one list.")
    return cards


def candidate_report(desk: Desk, candidate_id: str) -> OpeningReport:
    """A report of one candidate alone, for a file. Nothing leaves without a confirmed score: ConflictError then.

    The candidate has no rank in it: a place needs the others. That it left is in the audit log before anybody gets it.
    """
    report = _gathered(desk, candidate_id)
    with desk.store.write() as c:
        desk.require(c, "export")
        desk.log(
            c, "export", "candidate", candidate_id, after=report, candidate=candidate_id,
            rubric=f"{report.rubric.id}@{report.rubric.version}",
        )  # fmt: skip
    return report


def _gathered(desk: Desk, candidate_id: str) -> OpeningReport:
    with desk.store.read() as c:
        user = desk.require(c, "export")
        candidate = openings.get_candidate(c, candidate_id)
        if any(r.state != "submitted" for r in own_reviews(c, user.id, candidate_id)):
            raise ForbiddenError(HIDDEN, "Submit your own review first.")
        job = openings.get_job(c, candidate.job)
        cards = restore.confirmed(c, candidates=[candidate_id]).get(candidate_id, Cards())
        if not cards.scores:
            raise ConflictError("There is no confirmed score yet; nothing was written.", "Submit a review first.")
        decided = reviews.decisions(c, candidate_id)
        held = interviews.interviews(c, candidate=candidate_id)
        return OpeningReport(
            job=job.id,
            title=f"{candidate.name}, {job.title}",
            rubric=panels.rubric_of(c, cards, job),
            candidates=(
                CandidateReport(
                    id=candidate.id,
                    name=candidate.name,
                    panel=panels.report(c, candidate_id, job),
                    reviews=tuple(r for r in reviews.reviews(c, candidate=candidate_id) if r.state == "submitted"),
                    decision=decided[-1] if decided else None,
                ),
            ),
            people={u.id: u.name for u in openings.users(c)},
            rounds={i.id: i.round for i in held},
            engines={i.id: interviews.get_analysis(c, i.analysis).engines for i in held if i.analysis},
            made_at=desk.clock(),
            made_by=user.id,
            audit_head=audit.head(c),
        )


def _weighed(c: Connection, candidate_id: str, job: JobOpening) -> tuple[PanelReport | None, Rubric, str]:
    try:
        panel = panels.report(c, candidate_id, job)
    except ConflictError as error:
        return None, openings.get_rubric(c, job.rubric), str(error)
    return panel, openings.get_rubric(c, panel.result.total.rubric), ""


def _rounds(
    desk: Desk, user: User, held: Sequence[Interview], made: Sequence[Review], names: dict[str, str]
) -> tuple[Round, ...]:
    now = desk.clock()
    states = {(r.interview, r.reviewer): r.state for r in made}
    found = []
    for interview in held:
        raters = []
        for rater in interview.raters:
            state = states.get((interview.id, rater.user))
            raters.append(
                RaterState(
                    person=rater.user,
                    name=names.get(rater.user, rater.user),
                    kind=rater.kind,
                    state="not opened" if state is None else "submitted" if state == "submitted" else "in draft",
                    late=state != "submitted" and now > interview.ended_at + DUE,
                )
            )
        found.append(
            Round(
                id=interview.id,
                name=interview.round,
                held_at=interview.held_at,
                consent=interview.consent,
                recorded=interview.recording is not None,
                readable=may(user, "read-interview", interview),
                raters=tuple(raters),
            )
        )
    return tuple(found)


def _history(
    c: Connection,
    candidate: Candidate,
    held: Sequence[Interview],
    made: Sequence[Review],
    names: dict[str, str],
    *,
    decided: bool,
) -> tuple[Event, ...]:
    """What happened, newest first; decisions only for those who may know them."""
    rounds = {i.id: i.round for i in held}
    where = {candidate.id: "", **rounds, **{r.id: rounds.get(r.interview, "") for r in made}}
    wanted = [name for name in HISTORY if decided or name != "decide"]
    return tuple(
        Event(
            at=datetime.fromisoformat(entry.at),
            who=names.get(entry.actor, "debrief"),
            what=HISTORY[entry.action],
            round=where[entry.entity],
        )
        for entry in reversed(audit.history(c, tuple(where), wanted))
    )
