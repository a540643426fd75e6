"""What a reviewer does with an interview, from opening the review to submitting it. Only the review's owner may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Connection

from models.job import Interview
from models.review import Recommendation, Review, ReviewConduct, ReviewEvidence
from models.score import DraftScore
from pipeline.actions.desk import Desk, new_id
from pipeline.errors import ConflictError, ForbiddenError, UsageError
from pipeline.judgement import corrections as rules
from pipeline.judgement import permissions, reveal
from pipeline.judgement import review as steps
from pipeline.store import interviews, lists, openings, reviews

Draft = DraftScore | None
Change = Callable[[Review, Draft, datetime], Review]


def open_review(desk: Desk, interview_id: str) -> Review:
    """One's own review of an interview: a fresh one, or the one that is there already."""
    with desk.store.write() as c:
        interview = interviews.get_interview(c, interview_id)
        user = desk.require(c, "review", interview)
        mine = next((r for r in reviews.reviews(c, interview=interview_id) if r.reviewer == user.id), None)
        if mine is not None:
            return mine
        job = openings.get_job(c, interview.job)
        rubric = openings.get_rubric(c, job.rubric)
        analysis = interviews.get_analysis(c, interview.analysis) if interview.analysis else None
        usable = analysis is not None and analysis.rubric == job.rubric
        drafts = {d.competency: d for d in analysis.drafts} if analysis and usable else {}
        chosen = interview.analysis if usable else None
        review = steps.open_review(new_id(), interview, rubric, user.id, drafts, chosen, desk.clock())
        reviews.add_review(c, review)
        desk.log(
            c, "open", "review", review.id, after=review, candidate=interview.candidate,
            rubric=f"{review.rubric.id}@{review.rubric.version}",
        )  # fmt: skip
    return review


def read_review(desk: Desk, review_id: str) -> Review:
    """A review as one may read it: one's own, or a submitted one once all of one's own on the candidate are in."""
    with desk.store.read() as c:
        review = reviews.get_review(c, review_id)
        interview = interviews.get_interview(c, review.interview)
        user = desk.require(c, "read-panel", interviews.interviews(c, candidate=interview.candidate))
        if not permissions.may_see_review(user, review, own_reviews(c, user.id, interview.candidate)):
            raise ForbiddenError(
                "Other people's scores stay hidden until yours are in.", "Submit your own review first."
            )
        return review


def own_reviews(c: Connection, user: str, candidate: str) -> list[Review]:
    """A person's reviews of a candidate; one that is owed but not opened yet counts as a draft."""
    found = [r for r in reviews.reviews(c, candidate=candidate) if r.reviewer == user]
    opened = {r.interview for r in found}
    for interview in interviews.interviews(c, candidate=candidate, rater=user):
        if interview.id not in opened:
            job = openings.get_job(c, interview.job)
            found.append(
                Review(
                    id="", interview=interview.id, reviewer=user, kind=interview.rater_kind(user) or "reviewer",
                    rubric=job.rubric, opened_at=interview.ended_at, due_at=interview.ended_at,
                )
            )  # fmt: skip
    return found


def owing(c: Connection, user: str, job: str) -> set[str]:
    """Candidates of an opening whom the person has yet to rate: their scores stay hidden from that person, in
    reports too.
    """
    return lists.owed_candidates(c, user, job)


def conduct(desk: Desk, review_id: str) -> ReviewConduct:
    """Time per competency and unopened acceptances of one's own review; of nobody else's."""
    with desk.store.read() as c:
        return reveal.conduct(_own(c, desk, review_id)[0])


def rate(desk: Desk, review_id: str, version: int, competency: str, score: int, *, reason: str = "") -> Review:
    """One's own score of a competency; see :func:`pipeline.judgement.review.rate`."""
    return _change(
        desk,
        review_id,
        version,
        "rate",
        lambda r, d, now: steps.rate(r, competency, score, d, now, reason=reason),
        competency,
    )


def accept(desk: Desk, review_id: str, version: int, competency: str, *, reason: str = "") -> Review:
    """Takes the draft's level; a stale draft cannot be taken."""
    return _change(
        desk, review_id, version, "accept",
        lambda r, d, now: steps.accept(r, competency, d, now, reason=reason), competency,
        fresh=True,
    )  # fmt: skip


def override(desk: Desk, review_id: str, version: int, competency: str, score: int, *, reason: str) -> Review:
    """Another level than the draft's, with a reason."""
    return _change(
        desk, review_id, version, "override",
        lambda r, d, now: steps.override(r, competency, score, d, now, reason=reason), competency,
    )  # fmt: skip


def keep(desk: Desk, review_id: str, version: int, competency: str, *, reason: str = "") -> Review:
    """Stays with one's own first score; beside a stale draft there is nothing to compare yet."""
    return _change(
        desk, review_id, version, "keep",
        lambda r, d, now: steps.keep(r, competency, d, now, reason=reason), competency,
        fresh=True,
    )  # fmt: skip


def dismiss(desk: Desk, review_id: str, version: int, competency: str, *, reason: str) -> Review:
    """Sets the draft aside as bad data, with a reason."""
    return _change(
        desk,
        review_id,
        version,
        "dismiss",
        lambda r, _d, now: steps.dismiss(r, competency, now, reason=reason),
        competency,
    )


def leave_out(desk: Desk, review_id: str, version: int, competency: str, *, reason: str) -> Review:
    """Leaves a competency without a score, with a reason."""
    return _change(
        desk,
        review_id,
        version,
        "leave-out",
        lambda r, _d, now: steps.leave_out(r, competency, now, reason=reason),
        competency,
    )


def note(desk: Desk, review_id: str, version: int, competency: str, text: str) -> Review:
    """Replaces the note of a competency."""
    return _change(desk, review_id, version, "note", lambda r, _d, _now: steps.note(r, competency, text), competency)


def add_evidence(desk: Desk, review_id: str, version: int, competency: str, turn: int, quote: str) -> Review:
    """Adds a quote of the candidate's; it must stand word for word in that (corrected) turn."""
    with desk.store.read() as c:
        review, interview = _own(c, desk, review_id)
        if review.analysis is None:
            raise UsageError("Without a transcript there is nothing to quote.", "Write a note instead.")
        analysis = interviews.get_analysis(c, review.analysis)
        turns = rules.corrected(analysis, interviews.corrections(c, interview.id))
    said = next((t for t in turns if t.t == turn), None)
    if said is None or not quote.strip() or quote not in said.text:
        raise UsageError(f"These words do not stand in turn {turn}.", "Copy them from the transcript.")
    if said.role == "interviewer":
        raise UsageError("What the interviewer says is never evidence.", "Quote the candidate, or correct the role.")
    start, end = _times(said.words, quote) or (said.start, said.end)
    made = ReviewEvidence(id=f"a{new_id()[:12]}", turn=turn, quote=quote, start=start, end=end, source="added")
    return _change(
        desk,
        review_id,
        version,
        "add-evidence",
        lambda r, _d, _now: steps.add_evidence(r, competency, made),
        competency,
    )


def _times(
    words: tuple[tuple[str, float, float, float | None], ...] | tuple[object, ...], quote: str
) -> tuple[float, float] | None:
    wanted = quote.split()
    spoken = [w for w in words if isinstance(w, tuple)]
    for i in range(len(spoken) - len(wanted) + 1):
        if [w[0] for w in spoken[i : i + len(wanted)]] == wanted:
            return float(spoken[i][1]), float(spoken[i + len(wanted) - 1][2])
    return None


def remove_evidence(desk: Desk, review_id: str, version: int, competency: str, evidence_id: str) -> Review:
    """Takes a quote out; it stays on record as removed."""
    return _change(
        desk, review_id, version, "remove-evidence",
        lambda r, _d, _now: steps.remove_evidence(r, competency, evidence_id), competency,
    )  # fmt: skip


def spend(desk: Desk, review_id: str, version: int, competency: str, seconds: float, *, opened: bool = False) -> Review:
    """Records time on a competency and whether evidence was opened."""
    return _change(
        desk,
        review_id,
        version,
        "spend",
        lambda r, _d, _now: steps.spend(r, competency, seconds, opened=opened),
        competency,
    )


def conclude(
    desk: Desk, review_id: str, version: int, recommendation: Recommendation, strengths: str, concerns: str
) -> Review:
    """The overall recommendation with strengths and concerns."""
    return _change(
        desk, review_id, version, "conclude", lambda r, _d, _now: steps.conclude(r, recommendation, strengths, concerns)
    )


def reaffirm(desk: Desk, review_id: str, version: int, competency: str) -> Review:
    """The owner stands by a flagged score after looking again; it counts again from now on."""
    return _change(
        desk, review_id, version, "reaffirm", lambda r, _d, now: steps.reaffirm(r, competency, now), competency
    )


def submit(desk: Desk, review_id: str, version: int) -> Review:
    """Submits the whole review and confirms its scores, or says what is missing."""
    with desk.store.write() as c:
        before, interview = _own(c, desk, review_id)
        _same(before, version)
        stale = interviews.stale(c, before.analysis) if before.analysis else {}
        leaning = [
            x.competency for x in before.scores if x.choice in ("accepted", "took-draft") and x.competency in stale
        ]
        if leaning:
            raise ConflictError(f"The draft of {leaning[0]} is stale.", "Re-score it, or enter your own score.")
        done, confirmed = steps.submit(before, desk.clock())
        after = reviews.save_review(c, done, version, confirmed)
        desk.log(
            c, "submit", "review", review_id, before=before, after=after, candidate=interview.candidate,
            rubric=f"{after.rubric.id}@{after.rubric.version}",
        )  # fmt: skip
    return after


def reopen(desk: Desk, review_id: str, version: int, *, reason: str) -> Review:
    """A submitted review back in draft, with a reason; its scores stop counting at once."""
    with desk.store.write() as c:
        before, interview = _own(c, desk, review_id)
        _same(before, version)
        after = reviews.save_review(c, steps.reopen(before, reason=reason), version, ())
        desk.log(c, "reopen", "review", review_id, before=before, after=after, candidate=interview.candidate)
    return after


def _own(c: Connection, desk: Desk, review_id: str) -> tuple[Review, Interview]:
    review = reviews.get_review(c, review_id)
    interview = interviews.get_interview(c, review.interview)
    user = desk.require(c, "review", interview)
    if review.reviewer != user.id:
        raise ForbiddenError("This is somebody else's review.", "Open your own.")
    return review, interview


def _same(review: Review, version: int) -> None:
    if review.version != version:
        raise ConflictError(
            f"This review is at version {review.version}, yours is {version}; nothing was written.",
            "Load it again and repeat.",
        )


def _change(
    desk: Desk, review_id: str, version: int, action: str, change: Change, competency: str = "", *, fresh: bool = False
) -> Review:
    with desk.store.write() as c:
        before, interview = _own(c, desk, review_id)
        _same(before, version)
        draft: Draft = None
        if competency and before.analysis:
            if fresh and competency in interviews.stale(c, before.analysis):
                raise ConflictError("This draft is stale after a correction.", "Re-score it, or enter your own score.")
            found = interviews.get_analysis(c, before.analysis).drafts
            draft = next((d for d in found if d.competency == competency), None)
        after = reviews.save_review(c, change(before, draft, desk.clock()), version)
        desk.log(c, action, "review", review_id, before=before, after=after, candidate=interview.candidate)
    return after
