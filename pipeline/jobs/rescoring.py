"""Stored interviews scored again by another rubric version, calibration or scorer, from what was read of them before."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from models._base import Noun
from models.answer import Answer
from models.calibration import Calibration
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline.actions.analyses import DraftChange, rescore
from pipeline.actions.desk import Desk
from pipeline.errors import DebriefError
from pipeline.jobs.readings import READINGS, VECTORS, keep, recall, vectors
from pipeline.jobs.work import Work
from pipeline.store import interviews, openings


class Rescored(Noun):
    """One interview scored again: what changed, or why it could not be done; ``cached`` where nothing had to be read anew."""

    interview: str
    changes: tuple[DraftChange, ...] = ()
    seconds: float = 0.0
    cached: bool = False
    cause: str = ""


class RescoreReport(Noun):
    """Many interviews scored again: how many drafts changed and by how much."""

    interviews: int
    failed: int
    changed: int
    drafts: int
    levels: int
    """Drafts whose rounded level changed."""

    appeared: int
    gone: int
    mean_change: float
    largest_change: float


def rescore_opening(
    desk: Desk,
    work: Work,
    job_id: str,
    rubric: Rubric,
    *,
    dry_run: bool,
    calibration: Calibration | None = None,
    everything: bool = False,
) -> Iterator[Rescored]:
    """Scores the opening's analysed interviews again, one after the other; submitted reviews stay as they are.

    Interrupted, it is begun again: what is done already does not change a second time.
    """
    with desk.store.read() as c:
        desk.require(c, "manage-interviews")
        openings.get_job(c, job_id)
        found = [i.id for i in interviews.interviews(c, job=job_id) if i.analysis]
    for interview in found:
        yield rescore_one(
            desk, work, interview, rubric, dry_run=dry_run, calibration=calibration, everything=everything
        )


def rescore_one(
    desk: Desk,
    work: Work,
    interview: str,
    rubric: Rubric,
    *,
    dry_run: bool,
    calibration: Calibration | None = None,
    everything: bool = False,
) -> Rescored:
    """Scores one interview again from its kept readings; without them the scorer reads it anew, and what it read is kept."""
    began = time.monotonic()
    engine = work.engines.scorer
    cached = False
    try:
        cached, embedded = _recalled(work, interview), _kept(work, interview, VECTORS)
        recall(engine, embedded)

        def scorer(turns: Sequence[Turn], answers: Sequence[Answer], used: Rubric) -> Sequence[DraftScore]:
            drafts = engine.score(tuple(turns), tuple(answers), used)
            if not cached:
                _keep(work, interview, READINGS, keep(engine, turns))
            now = vectors(engine, turns)
            if now != embedded:
                _keep(work, interview, VECTORS, now)
            return drafts if calibration is None else _calibrated(desk, interview, drafts, used, calibration)

        changes = rescore(
            desk, interview, scorer, rubric=rubric, dry_run=dry_run, scorer_name=engine.name,
            everything=everything or calibration is not None,
        )  # fmt: skip
    except DebriefError as error:
        return Rescored(interview=interview, seconds=time.monotonic() - began, cause=str(error))
    finally:
        drop = getattr(engine, "forget", None)
        if drop is not None:
            drop()
    return Rescored(interview=interview, changes=changes, seconds=time.monotonic() - began, cached=cached)


def _recalled(work: Work, interview: str) -> bool:
    """Gives the scorer what was read of the interview; says whether that was its own reading."""
    return recall(work.engines.scorer, _kept(work, interview, READINGS))


def _kept(work: Work, interview: str, name: str) -> bytes:
    reference = work.artefacts.made(interview, name)
    return b"" if reference is None else work.artefacts.get(interview, reference)


def _keep(work: Work, interview: str, name: str, data: bytes) -> None:
    """Keeps it for the next time, in the place of what was kept before; nothing stays of an interview that was deleted meanwhile."""
    if not data:
        return
    before = work.artefacts.made(interview, name)
    now = work.artefacts.put(interview, data)
    work.artefacts.remember(interview, name, now)
    if before not in (None, now) and name == VECTORS:  # a reading may be asked for by the step "match" again
        work.artefacts.drop(interview, str(before))
    if not work.ledger.knows(interview):
        work.artefacts.forget(interview)


def report(done: Sequence[Rescored]) -> RescoreReport:
    """How many drafts changed and by how much."""
    changes = [change for one in done for change in one.changes]
    both = [(c.before, c.after) for c in changes if c.before is not None and c.after is not None]
    moved = [abs(after - before) for before, after in both]
    return RescoreReport(
        interviews=len(done),
        failed=sum(bool(one.cause) for one in done),
        changed=sum(bool(one.changes) for one in done),
        drafts=len(changes),
        levels=sum(int(before + 0.5) != int(after + 0.5) for before, after in both),
        appeared=sum(c.before is None for c in changes),
        gone=sum(c.after is None for c in changes),
        mean_change=round(sum(moved) / len(moved), 3) if moved else 0.0,
        largest_change=round(max(moved, default=0.0), 3),
    )


def _calibrated(
    desk: Desk, interview: str, drafts: Sequence[DraftScore], rubric: Rubric, calibration: Calibration
) -> Sequence[DraftScore]:
    from pipeline.stages.calibrate import calibrated

    with desk.store.read() as c:
        recording = interviews.get_interview(c, interview).recording or ""
    return [calibrated(draft, rubric.competency(draft.competency), calibration, recording) for draft in drafts]
