"""Openings, candidates and interviews: who is interviewed for what, by whom, with whose consent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import IO

from models.job import Candidate, Consent, Interview, JobOpening, Rater
from models.report import RubricRef
from models.rubric import Rubric
from pipeline.actions.desk import Desk, new_id
from pipeline.errors import ConflictError, ForbiddenError, UsageError
from pipeline.store import interviews
from pipeline.store import openings as stored


def create_job(desk: Desk, title: str, rubric: Rubric, *, keep_days: int | None = None) -> JobOpening:
    """An opening rated with this rubric version, which is kept for ever."""
    if not title.strip():
        raise UsageError("An opening needs a title.", "Name the position.")
    if keep_days is not None and keep_days < 1:
        raise UsageError("Interviews are kept for at least one day.", "Give 1 or more days, or none.")
    ref = RubricRef(id=rubric.id, version=rubric.version)
    job = JobOpening(id=new_id(), title=title.strip(), rubric=ref, keep_days=keep_days, created_at=desk.clock())
    with desk.store.write() as c:
        desk.require(c, "manage-openings")
        stored.add_rubric(c, rubric, desk.clock(), desk.actor)
        stored.add_job(c, job)
        desk.log(c, "create", "job", job.id, after=job, rubric=f"{ref.id}@{ref.version}")
    return job


def change_rubric(desk: Desk, job_id: str, rubric: Rubric, version: int) -> JobOpening:
    """Another rubric version for the reviews to come; cards that are there keep theirs."""
    ref = RubricRef(id=rubric.id, version=rubric.version)
    with desk.store.write() as c:
        desk.require(c, "manage-openings")
        before = stored.get_job(c, job_id)
        stored.add_rubric(c, rubric, desk.clock(), desk.actor)
        after = stored.update_job(c, before.model_copy(update={"rubric": ref}), version)
        desk.log(c, "change-rubric", "job", job_id, before=before, after=after, rubric=f"{ref.id}@{ref.version}")
    return after


def create_candidate(desk: Desk, job_id: str, name: str, email: str = "") -> Candidate:
    """A candidate for an opening."""
    if not name.strip():
        raise UsageError("A candidate needs a name.", "Initials will do.")
    candidate = Candidate(id=new_id(), job=job_id, name=name.strip(), email=email.strip(), created_at=desk.clock())
    with desk.store.write() as c:
        desk.require(c, "manage-interviews")
        stored.get_job(c, job_id)
        stored.add_candidate(c, candidate)
        desk.log(c, "create", "candidate", candidate.id, after=candidate, candidate=candidate.id)
    return candidate


def create_interview(
    desk: Desk,
    candidate_id: str,
    round_name: str,
    held_at: datetime,
    ended_at: datetime,
    *,
    interviewers: Sequence[str],
    reviewers: Sequence[str] = (),
    consent: Consent = "unknown",
    covers: Sequence[str] = (),
) -> Interview:
    """A round with a candidate: who held it, who else reviews it, what it covers (none named: everything)."""
    raters = (
        *(Rater(user=u, kind="interviewer") for u in interviewers),
        *(Rater(user=u, kind="reviewer") for u in reviewers),
    )
    if ended_at < held_at:
        raise UsageError("The interview ends before it begins.", "Check the times.")
    if not interviewers or len({r.user for r in raters}) != len(raters):
        raise UsageError("An interview needs an interviewer, and nobody twice.", "Name each person once.")
    with desk.store.write() as c:
        desk.require(c, "manage-interviews")
        candidate = stored.get_candidate(c, candidate_id)
        job = stored.get_job(c, candidate.job)
        known = {x.id for x in stored.get_rubric(c, job.rubric).competencies}
        unknown = [x for x in covers if x not in known]
        if unknown:
            raise UsageError(f"The rubric has no competency {unknown[0]}.", "Use ids of the opening's rubric.")
        for rater in raters:
            stored.get_user(c, rater.user)
        interview = Interview(
            id=new_id(), candidate=candidate_id, job=job.id, round=round_name.strip() or "interview", held_at=held_at,
            ended_at=ended_at, consent=consent, raters=raters, covers=tuple(covers),
        )  # fmt: skip
        interviews.add_interview(c, interview)
        desk.log(c, "create", "interview", interview.id, after=interview, candidate=candidate_id)
    return interview


def assign(desk: Desk, interview_id: str, user_id: str, version: int) -> Interview:
    """One more reviewer for a round."""
    with desk.store.write() as c:
        desk.require(c, "manage-interviews")
        before = interviews.get_interview(c, interview_id)
        stored.get_user(c, user_id)
        if before.rater_kind(user_id):
            raise ConflictError("This person rates the interview already.", "Nothing to do.")
        wanted = before.model_copy(update={"raters": (*before.raters, Rater(user=user_id, kind="reviewer"))})
        after = interviews.update_interview(c, wanted, version)
        desk.log(c, "assign", "interview", interview_id, before=before, after=after, candidate=before.candidate)
    return after


def set_consent(desk: Desk, interview_id: str, consent: Consent, version: int) -> Interview:
    """What the candidate said to recording and analysis. Withdrawn after an analysis, it asks for deletion first."""
    with desk.store.write() as c:
        before = interviews.get_interview(c, interview_id)
        desk.require(c, "upload", before)
        if consent != "given" and (before.analysis or before.recording):
            raise ConflictError(
                "There is a recording or an analysis already.", "Delete the interview: debrief delete interview."
            )
        after = interviews.update_interview(c, before.model_copy(update={"consent": consent}), version)
        desk.log(c, "consent", "interview", interview_id, before=before, after=after, candidate=before.candidate)
    return after


def attach_recording(desk: Desk, interview_id: str, stream: IO[bytes], version: int) -> Interview:
    """Stores the recording of an interview whose candidate has consented; its sha256 is its address."""
    with desk.store.read() as c:
        interview = interviews.get_interview(c, interview_id)
        desk.require(c, "upload", interview)
        if interview.consent != "given":
            raise ForbiddenError(
                "The candidate has not consented to recording.", "Record consent first, or rate by hand."
            )
    sha256 = desk.store.media.put(stream)  # no transaction is open while bytes arrive
    with desk.store.write() as c:
        before = interviews.get_interview(c, interview_id)
        if not desk.store.media.exists(sha256):
            raise ConflictError("The same recording was deleted at this moment.", "Attach it again.")
        after = interviews.update_interview(c, before.model_copy(update={"recording": sha256}), version)
        desk.log(
            c, "attach-recording", "interview", interview_id, before=before, after=after, candidate=before.candidate
        )
    return after


def jobs(desk: Desk) -> tuple[JobOpening, ...]:
    """All openings."""
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        return stored.jobs(c)


def candidates(desk: Desk, job_id: str) -> tuple[Candidate, ...]:
    """The candidates of an opening whom one may see: all with a wide role, otherwise one's own."""
    with desk.store.read() as c:
        user = desk.who(c)
        stored.get_job(c, job_id)
        everyone = stored.candidates(c, job_id)
        if user.has("admin", "hiring_lead"):
            return everyone
        mine = {i.candidate for i in interviews.interviews(c, job=job_id, rater=user.id)}
        return tuple(k for k in everyone if k.id in mine)


def interviews_of(desk: Desk, candidate_id: str) -> tuple[Interview, ...]:
    """The rounds of a candidate that one may see."""
    with desk.store.read() as c:
        user = desk.who(c)
        rounds = interviews.interviews(c, candidate=candidate_id)
        return tuple(i for i in rounds if user.has("admin", "hiring_lead") or i.rater_kind(user.id))


def rubric_of_interview(desk: Desk, interview_id: str) -> Rubric:
    """The rubric version that the interview's opening uses now."""
    with desk.store.read() as c:
        interview = interviews.get_interview(c, interview_id)
        desk.require(c, "read-interview", interview)
        return stored.get_rubric(c, stored.get_job(c, interview.job).rubric)
