"""Several reviews together: a candidate's panel, its outcomes, the decision, ranks, agreement with the drafts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from sqlalchemy.engine import Connection

from models.decision import AgreementTable, HiringDecision, PanelOutcome, PanelReport, RankLine
from models.job import JobOpening
from models.rubric import Rubric
from pipeline.actions import comparing
from pipeline.actions.desk import Desk, new_id
from pipeline.actions.reviewing import owing, own_reviews
from pipeline.errors import ConflictError, ForbiddenError, UsageError
from pipeline.judgement.agreement import agreement_table
from pipeline.judgement.panel import panel_report
from pipeline.store import interviews, measures, openings, restore, reviews
from pipeline.store.restore import Cards

DRAFT_RATER = "draft"
"""The name under which the machine's drafts stand in the agreement table; they are never in an average."""


def panel(desk: Desk, candidate_id: str) -> PanelReport:
    """The candidate's panel. Who rates the candidate sees it after submitting all of their own reviews."""
    with desk.store.read() as c:
        candidate = openings.get_candidate(c, candidate_id)
        user = desk.require(c, "read-panel", interviews.interviews(c, candidate=candidate_id))
        if any(r.state != "submitted" for r in own_reviews(c, user.id, candidate_id)):
            raise ForbiddenError(
                "Other people's scores stay hidden until yours are in.", "Submit your own review first."
            )
        return report(c, candidate_id, openings.get_job(c, candidate.job))


def report(c: Connection, candidate_id: str, job: JobOpening) -> PanelReport:
    """The panel report of a candidate in a transaction of the caller's, who has asked for permission."""
    cards = restore.confirmed(c, candidates=[candidate_id]).get(candidate_id, Cards())
    rubric = rubric_of(c, cards, job)
    return panel_report(
        candidate_id, rubric, cards.scores, outcomes=reviews.outcomes(c, candidate_id), waiting=cards.waiting
    )


def rubric_of(c: Connection, cards: Cards, job: JobOpening) -> Rubric:
    """The rubric version of a candidate's cards, the opening's where there are none; ConflictError for a mixture."""
    versions = {(s.rubric.id, s.rubric.version): s.rubric for s in cards.scores}
    if len(versions) > 1:
        raise ConflictError(
            "The reviews of this candidate were made with different rubric versions.",
            "Reopen the older ones, or decide with the cards side by side.",
        )
    return openings.get_rubric(c, next(iter(versions.values()), job.rubric))


def settle(
    desk: Desk, candidate_id: str, competency: str, kind: Literal["debrief", "follow-up"], reason: str
) -> PanelOutcome:
    """Records how a disagreement was settled; both sides must have written evidence before it can be."""
    if not reason.strip():
        raise UsageError("An outcome needs a reason.", "Say what settled it.")
    with desk.store.write() as c:
        desk.require(c, "settle-panel")
        candidate = openings.get_candidate(c, candidate_id)
        found = report(c, candidate_id, openings.get_job(c, candidate.job)).disagreements
        mine = next((d for d in found if d.competency == competency), None)
        if mine is None:
            raise UsageError(f"There is no disagreement on {competency}.", "See debrief panel.")
        if mine.unwritten:
            raise ConflictError("One side has no written evidence yet.", "Ask for a note or a quote first.")
        outcome = PanelOutcome(
            id=new_id(), candidate=candidate_id, competency=competency, kind=kind, reason=reason.strip(),
            author=desk.actor, at=desk.clock(),
        )  # fmt: skip
        reviews.add_outcome(c, outcome)
        desk.log(c, "settle", "candidate", candidate_id, after=outcome, candidate=candidate_id)
    return outcome


def decide(desk: Desk, candidate_id: str, outcome: Literal["hire", "reject", "hold"], reason: str) -> HiringDecision:
    """Records what people decided, with the total that stood then. A hire needs a total and no open disagreement."""
    if not reason.strip():
        raise UsageError("A decision needs a reason.", "Say why in one sentence.")
    with desk.store.write() as c:
        desk.require(c, "decide")
        candidate = openings.get_candidate(c, candidate_id)
        seen = report(c, candidate_id, openings.get_job(c, candidate.job))
        if outcome == "hire" and seen.result.total.total is None:
            raise ConflictError(
                f"There is no confirmed total: {seen.result.total.arithmetic}", "Complete the reviews first."
            )
        if outcome == "hire" and seen.open_disagreements:
            raise ConflictError(
                "Interviewers disagree and nothing is settled yet.", "Settle it in the debrief, then decide."
            )
        decision = HiringDecision(
            id=new_id(), candidate=candidate_id, outcome=outcome, reason=reason.strip(), total=seen.result.total.total,
            author=desk.actor, at=desk.clock(),
        )  # fmt: skip
        reviews.add_decision(c, decision)
        desk.log(c, "decide", "candidate", candidate_id, after=decision, candidate=candidate_id)
    return decision


def decisions(desk: Desk, candidate_id: str) -> tuple[HiringDecision, ...]:
    """The decisions about a candidate, oldest first."""
    with desk.store.read() as c:
        desk.require(c, "rank")
        return reviews.decisions(c, candidate_id)


def ranking(desk: Desk, job_id: str) -> tuple[RankLine, ...]:
    """The candidates of an opening by confirmed total; see :func:`pipeline.actions.comparing.ranking`."""
    return comparing.ranking(desk, job_id)


def panels(desk: Desk, job_id: str) -> tuple[PanelReport, ...]:
    """The panel reports of everyone in an opening who has a submitted review, from one query."""
    return tuple(each_panel(desk, job_id))


def each_panel(desk: Desk, job_id: str) -> Iterator[PanelReport]:
    """The panel reports of an opening one after the other: memory stays flat however many there are.

    The reading transaction stays open until the last one is taken.
    """
    with desk.store.read() as c:
        user = desk.require(c, "rank")
        job = openings.get_job(c, job_id)
        hidden = owing(c, user.id, job_id)
        settled = reviews.outcomes_in(c, job_id)
        known: dict[str, Rubric] = {}
        for key, cards in restore.each_confirmed(c, job=job_id):
            versions = {s.rubric.version for s in cards.scores} or {job.rubric.version}
            if len(versions) > 1 or key in hidden:
                continue
            version = versions.pop()
            if version not in known:
                known[version] = rubric_of(c, cards, job)
            yield panel_report(key, known[version], cards.scores, outcomes=settled.get(key, ()), waiting=cards.waiting)


def agreement(desk: Desk, job_id: str) -> AgreementTable:
    """Agreement of the people in an opening with each other and with the drafts, as one more rater.

    Only scores given before the draft was seen count, and only those of submitted reviews.
    """
    ratings: dict[str, dict[str, int]] = {}
    rated: set[str] = set()
    with desk.store.read() as c:
        user = desk.require(c, "rank")
        hidden = owing(c, user.id, job_id)
        for row in measures.scores(c, jobs=[job_id]):
            if row.candidate in hidden:
                continue
            rated.add(row.interview)
            if row.blind and row.first is not None:
                ratings.setdefault(row.reviewer, {})[f"{row.interview} {row.competency}"] = row.first
        for row in measures.draft_levels(c, job_id):
            if row.interview in rated:
                ratings.setdefault(DRAFT_RATER, {})[f"{row.interview} {row.competency}"] = row.score
    return agreement_table(ratings)


def blind_scores(desk: Desk, job_ids: Sequence[str] | None = None) -> list[dict[str, object]]:
    """Scores that people gave before seeing a draft, in submitted reviews, for calibration and accuracy.

    Each: interview, reviewer, competency, level, and the draft's value and level then (None without a draft).
    """
    with desk.store.read() as c:
        user = desk.require(c, "rank")
        wanted = list(job_ids) if job_ids is not None else [job.id for job in openings.jobs(c)]
        hidden = {candidate for job in wanted for candidate in owing(c, user.id, job)}
        return [
            {
                "interview": row.interview,
                "reviewer": row.reviewer,
                "competency": row.competency,
                "level": row.first,
                "rubric": row.rubric,
                "draft_value": row.value,
                "draft_score": row.draft,
            }
            for row in measures.scores(c, jobs=wanted)
            if row.blind and row.first is not None and row.candidate not in hidden
        ]
