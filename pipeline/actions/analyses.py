"""Analyses of interviews: attached, read as one may read them, corrected, and re-scored where a correction made them
stale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import Field
from sqlalchemy.engine import Connection

from models._base import Noun
from models.answer import Answer
from models.job import Correction, Interview
from models.report import Analysis, RubricRef
from models.review import HiddenDraft, Review
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError, EngineError, ForbiddenError, UsageError
from pipeline.judgement import corrections as rules
from pipeline.judgement import permissions
from pipeline.judgement import review as steps
from pipeline.store import interviews, openings, reviews, search

Scorer = Callable[[Sequence[Turn], Sequence[Answer], Rubric], Sequence[DraftScore]]
"""An engine that drafts scores from turns and answers; handed in, never made here."""


class InterviewView(Noun):
    """An interview as one person may see it now: corrected turns, drafts or what may be seen of them, and what is
    stale.
    """

    interview: Interview
    rubric: Rubric
    turns: tuple[Turn, ...] = ()
    drafts: tuple[DraftScore | HiddenDraft, ...] = ()
    stale: dict[str, str] = Field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    review: Review | None = None


class DraftChange(Noun):
    """A draft before and after a re-score, as unrounded values."""

    competency: str
    before: float | None
    after: float | None


def attach_analysis(desk: Desk, interview_id: str, analysis: Analysis) -> str:
    """Makes an analysis the interview's newest and returns its id. Only with the candidate's consent and the
    opening's rubric.

    The same analysis again changes nothing. Open reviews follow it; submitted ones stay as they are.
    """
    with desk.store.write() as c:
        interview = interviews.get_interview(c, interview_id)
        desk.require(c, "upload", interview)
        if interview.consent != "given":
            raise ForbiddenError(
                "The candidate has not consented to analysis.", "Rate by hand, or record consent first."
            )
        job = openings.get_job(c, interview.job)
        if analysis.rubric != job.rubric:
            raise UsageError(
                "The analysis was made with another rubric version than the opening's.", "Analyse or re-score it again."
            )
        if interview.recording and interview.recording != analysis.source.sha256:
            raise ConflictError(
                "The analysis is of another recording.", "Attach the analysis of this interview's recording."
            )
        before = interviews.get_analysis(c, interview.analysis) if interview.analysis else None
        if before == analysis and interview.analysis:
            return interview.analysis
        return _publish(c, desk, interview, before, analysis, "attach-analysis")


def _publish(
    c: Connection, desk: Desk, interview: Interview, before: Analysis | None, after: Analysis, action: str
) -> str:
    analysis_id = interviews.add_analysis(c, interview.id, after, desk.clock())
    interviews.update_interview(c, interview.model_copy(update={"analysis": analysis_id}), interview.version)
    search.index(c, interview.id, rules.corrected(after, interviews.corrections(c, interview.id)))
    old = {d.competency: d for d in before.drafts} if before else {}
    new = {d.competency: d for d in after.drafts}
    changed = [key for key, draft in new.items() if old.get(key) != draft]
    for review in reviews.reviews(c, interview=interview.id):
        if review.state == "draft" and review.rubric == after.rubric:
            followed = steps.follow(review, analysis_id, new, changed)
            saved = reviews.save_review(c, followed, review.version)
            desk.log(
                c, "follow-analysis", "review", review.id, before=review, after=saved, candidate=interview.candidate
            )
    desk.log(
        c, action, "interview", interview.id, before=before, after=after, candidate=interview.candidate,
        engines=" ".join(x for x in (after.engines.transcriber, after.engines.diarizer, after.engines.embedder,
                                     after.engines.scorer) if x),
        rubric=f"{after.rubric.id}@{after.rubric.version}",
    )  # fmt: skip
    return analysis_id


def see_interview(desk: Desk, interview_id: str) -> InterviewView:
    """The interview as one may see it: before one's own score is in, quotes and times alone of each draft."""
    with desk.store.read() as c:
        interview = interviews.get_interview(c, interview_id)
        user = desk.require(c, "read-interview", interview)
        mine = next((r for r in reviews.reviews(c, interview=interview_id) if r.reviewer == user.id), None)
        ref = mine.rubric if mine else openings.get_job(c, interview.job).rubric
        rubric = openings.get_rubric(c, ref)
        chosen = mine.analysis if mine else interview.analysis
        if chosen is None:
            return InterviewView(interview=interview, rubric=rubric, review=mine)
        analysis = interviews.get_analysis(c, chosen)
        made = interviews.corrections(c, interview_id)
        return InterviewView(
            interview=interview,
            rubric=rubric,
            turns=rules.corrected(analysis, made),
            drafts=tuple(permissions.drafts_for(user, analysis, mine, interview, rate_first=rubric.rate_first)),
            stale=interviews.stale(c, chosen),
            corrections=made,
            review=mine,
        )


def correct(desk: Desk, correction: Correction) -> tuple[str, ...]:
    """Stores a correction beside the machine's version and returns the competencies whose drafts are stale now.

    Submitted scores that rest on what changed are flagged for their owners, and do not count until the owner has
    looked again.
    """
    if correction.author != desk.actor:
        raise ForbiddenError("A correction carries the name of who makes it.", "Sign in as its author.")
    with desk.store.write() as c:
        interview = interviews.get_interview(c, correction.interview)
        desk.require(c, "correct", interview)
        if interview.analysis is None:
            raise UsageError("There is no transcript to correct.", "Attach an analysis first.")
        analysis = interviews.get_analysis(c, interview.analysis)
        rubric = openings.get_rubric(c, analysis.rubric)
        turns = rules.corrected(analysis, interviews.corrections(c, interview.id))
        rules.check(analysis, rubric, correction)
        stale = rules.stale(analysis, turns, rubric, correction)
        interviews.add_correction(c, correction)
        interviews.mark_stale(c, interview.analysis, stale, f"{correction.kind} corrected")
        interviews.update_interview(c, interview, interview.version)
        desk.log(c, "correct", "interview", interview.id, after=correction, candidate=interview.candidate)
        search.index(c, interview.id, rules.corrected(analysis, interviews.corrections(c, interview.id)))
        touched = {turn.t for turn in rules.touched(turns, correction)}
        for review in reviews.reviews(c, interview=interview.id):
            _flag(c, desk, interview, review, stale, touched)
    return stale


def _flag(
    c: Connection, desk: Desk, interview: Interview, review: Review, stale: Sequence[str], touched: set[int]
) -> None:
    hit = [
        line.competency
        for line in review.scores
        if line.score is not None
        and line.competency in stale
        and (review.state == "submitted" or line.choice in steps.ON_THE_DRAFT)
        and (review.analysis is not None or any(q.turn in touched for q in line.quotes))
    ]
    if hit:
        flagged = steps.flag(review, hit, "its evidence was corrected; look again")
        saved = reviews.save_review(c, flagged, review.version)
        desk.log(c, "flag", "review", review.id, before=review, after=saved, candidate=interview.candidate)


def rescore(
    desk: Desk,
    interview_id: str,
    scorer: Scorer,
    *,
    rubric: Rubric | None = None,
    dry_run: bool = False,
    everything: bool = False,
    scorer_name: str = "",
) -> tuple[DraftChange, ...]:
    """Drafts anew what corrections made stale, or everything where another rubric version is given; returns what
    changed.

    No transaction is open while the engine runs; an interview that changed meanwhile is a ConflictError. With
    another rubric version the
    opening must have moved to it (or ``dry_run``); reviews keep the version they were opened with. ``scorer_name`` is
    the name of the engine: where another one drafted before, or with ``everything``, all drafts are made anew.
    """
    with desk.store.read() as c:
        interview = interviews.get_interview(c, interview_id)
        desk.require(c, "correct", interview)
        if interview.analysis is None:
            raise UsageError("There is nothing to re-score.", "Attach an analysis first.")
        before = interviews.get_analysis(c, interview.analysis)
        made = interviews.corrections(c, interview_id)
        stale = set(interviews.stale(c, interview.analysis))
        used = rubric or openings.get_rubric(c, before.rubric)
        job = openings.get_job(c, interview.job)
    ref = RubricRef(id=used.id, version=used.version)
    if ref != before.rubric:
        stale = {x.id for x in used.competencies}
        if ref != job.rubric and not dry_run:
            raise UsageError(
                "The opening uses another rubric version.", "Change the opening's rubric first, or make a dry run."
            )
    if everything or (scorer_name and scorer_name != before.engines.scorer):
        stale = {x.id for x in used.competencies}
    if not stale:
        return ()
    turns = rules.corrected(before, made)
    fresh = {d.competency: d for d in scorer(turns, answers_of(turns), used) if d.competency in stale}
    _verbatim(fresh, turns)
    old = {d.competency: d for d in before.drafts}
    drafts = tuple(fresh.get(x.id) or old[x.id] for x in used.competencies if x.id in fresh or x.id in old)
    changes = tuple(
        DraftChange(competency=key, before=old[key].value if key in old else None, after=draft.value)
        for key, draft in fresh.items()
        if key not in old or old[key].value != draft.value
    )
    if dry_run:
        return changes
    engines = before.engines.model_copy(update={"scorer": scorer_name or before.engines.scorer})
    after = before.model_copy(update={"drafts": drafts, "rubric": ref, "engines": engines})
    if after == before:
        return ()
    with desk.store.write() as c:
        now = interviews.get_interview(c, interview_id)
        if now.version != interview.version:
            raise ConflictError(
                "The interview changed while it was re-scored; nothing was written.", "Re-score it again."
            )
        _publish(c, desk, now, before, after, "re-score")
    return changes


def answers_of(turns: Sequence[Turn]) -> tuple[Answer, ...]:
    """Blocks of consecutive turns on one question, as an analysis has them; a returning question has a second entry."""
    blocks: list[tuple[str, list[Turn]]] = []
    last: str | None = None
    for turn in turns:
        if turn.question is not None:
            if turn.question != last:
                blocks.append((turn.question, []))
            blocks[-1][1].append(turn)
        last = turn.question
    return tuple(
        Answer(
            question=question,
            asked_in=tuple(turn.t for turn in block if turn.kind == "question"),
            probes_in=tuple(turn.t for turn in block if turn.kind == "probe"),
            turns=tuple(turn.t for turn in block),
        )
        for question, block in blocks
    )


def _verbatim(drafts: dict[str, DraftScore], turns: Sequence[Turn]) -> None:
    said = {turn.t: turn for turn in turns}
    for draft in drafts.values():
        for e in draft.evidence:
            if e.turn not in said or e.quote not in said[e.turn].text or said[e.turn].role != "candidate":
                raise EngineError(
                    "The scorer quoted what the candidate did not say; nothing was written.", "Report this."
                )
