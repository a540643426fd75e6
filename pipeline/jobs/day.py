"""A day's recordings become interviews with work on them; the same day again does only what is new or changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.job import Interview, JobOpening
from models.rubric import Rubric
from models.work import DayResult, DayRow, Outcome, Priority, WorkState
from pipeline.actions import openings
from pipeline.actions.desk import Desk
from pipeline.actions.people import users
from pipeline.digests import file_sha256
from pipeline.errors import DebriefError, NotFoundError, SourceError
from pipeline.jobs.work import Work
from pipeline.store import interviews

Load = Callable[[str], Rubric]


@dataclass
class Item:
    """A row with its interview and its workflow; or with what is wrong with it."""

    row: DayRow
    interview: str = ""
    workflow: str = ""
    size: int = 0
    unchanged: bool = False
    trouble: tuple[str, str] | None = None


@dataclass
class Day:
    """The interviews of a day at one desk. Openings, candidates and rounds are found by name and made where they are absent."""

    desk: Desk
    work: Work
    folder: Path
    load: Load
    priority: Priority = "night"
    retry_failed: bool = False
    items: dict[str, Item] = field(default_factory=dict)
    _jobs: dict[tuple[str, str], JobOpening] = field(default_factory=dict)
    _rubrics: dict[str, Rubric] = field(default_factory=dict)
    _people: dict[str, str] = field(default_factory=dict)
    _seen: dict[str, str] = field(default_factory=dict)

    def take(self, row: DayRow) -> Item:
        """Makes what is absent, attaches the recording and submits the work; whatever is wrong is told on the item."""
        item = Item(row)
        self.items[row.file] = item
        try:
            self._take(item)
        except DebriefError as error:
            item.trouble = (error.message, error.remedy)
        except OSError as error:  # deleted or locked between listing and reading
            item.trouble = (f"{row.file}: the file cannot be read ({error.strerror}).", "Bring it again and repeat.")
        return item

    def _take(self, item: Item) -> None:
        row, file = item.row, self.folder / item.row.file
        if not file.is_file():
            raise SourceError(f"{row.file}: there is no such file.", "Bring it again and repeat.")
        item.size = file.stat().st_size
        sha256 = file_sha256(file)
        twin = self._seen.setdefault(sha256, row.file)
        if twin != row.file:
            raise SourceError(f"{row.file}: this is the same recording as {twin}.", "Check whose interview it is.")
        interview = self._interview(row, file)
        item.interview = interview.id
        if row.consent != "given":
            return
        if interview.consent != "given":
            interview = openings.set_consent(self.desk, interview.id, "given", interview.version)
        if interview.recording != sha256:
            with file.open("rb") as stream:
                interview = openings.attach_recording(self.desk, interview.id, stream, interview.version)
        before = self.work.states([interview.id]).get(interview.id)
        item.workflow = self.work.submit(
            interview.id, vocabulary=row.vocabulary, priority=self.priority, name=row.file,
            again=self.retry_failed,
        )  # fmt: skip
        item.unchanged = before is not None and before.workflow == item.workflow and before.state in ("done", "failed")

    def _interview(self, row: DayRow, file: Path) -> Interview:
        job = self._job(row)
        everyone = openings.candidates(self.desk, job.id)
        found = next((k for k in everyone if k.name == row.candidate), None)
        candidate = found or openings.create_candidate(self.desk, job.id, row.candidate)
        for interview in openings.interviews_of(self.desk, candidate.id):
            if interview.round == row.round:
                return interview
        ended = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return openings.create_interview(
            self.desk, candidate.id, row.round, ended - timedelta(hours=1), ended,
            interviewers=[self._person(email) for email in row.interviewers] or [self.desk.actor], consent=row.consent,
        )  # fmt: skip

    def _job(self, row: DayRow) -> JobOpening:
        rubric = self._rubrics.setdefault(row.rubric, self.load(row.rubric))
        key = (row.role, rubric.id)
        if key not in self._jobs:
            there = [j for j in openings.jobs(self.desk) if j.title == row.role and j.rubric.id == rubric.id]
            self._jobs[key] = there[0] if there else openings.create_job(self.desk, row.role, rubric)
        job = self._jobs[key]
        if job.rubric.version != rubric.version:
            job = self._jobs[key] = openings.change_rubric(self.desk, job.id, rubric, job.version)
        return job

    def _person(self, email: str) -> str:
        if not self._people:
            self._people = {user.email.lower(): user.id for user in users(self.desk)}
        if email.lower() not in self._people:
            raise NotFoundError(f"There is no user {email}.", "Add one (debrief user add), or correct the manifest.")
        return self._people[email.lower()]

    def states(self) -> dict[str, WorkState]:
        """How far each file's work is, by file."""
        known = self.work.states([item.interview for item in self.items.values() if item.workflow])
        return {
            item.row.file: known[item.interview]
            for item in self.items.values()
            if item.workflow and item.interview in known
        }

    def cancel(self) -> int:
        """Cancels what is open and returns how many that were."""
        open_ones = [s.interview for s in self.states().values() if s.state in ("waiting", "running")]
        for interview in open_ones:
            self.work.cancel(interview)
        return len(open_ones)

    def results(self, others: Sequence[DayResult] = ()) -> tuple[DayResult, ...]:
        """What became of each file, with those that could not be matched."""
        states = self.states()
        mine = [self._result(item, states.get(item.row.file)) for item in self.items.values()]
        return tuple(sorted([*mine, *others], key=lambda result: result.file))

    def _result(self, item: Item, state: WorkState | None) -> DayResult:
        row = item.row
        told = {"file": row.file, "candidate": row.candidate, "role": row.role, "interview": item.interview}
        if item.trouble is not None:
            return DayResult(**told, outcome="failed", cause=item.trouble[0], remedy=item.trouble[1])
        if not item.workflow:
            return DayResult(
                **told, outcome="by hand", cause="The candidate has not consented to analysis.",
                remedy="Fill in the scorecard by hand.",
            )  # fmt: skip
        if state is None or state.state != "done":
            outcome: Outcome = "open"
            if state is not None and state.state in ("failed", "cancelled"):
                outcome = "failed" if state.state == "failed" else "cancelled"
            cause, remedy = (state.cause, state.remedy) if state else ("", "")
            if outcome == "cancelled":
                cause, remedy = "The work was cancelled.", "Run it again with --retry-failed."
            return DayResult(**told, outcome=outcome, cause=cause, remedy=remedy, unchanged=item.unchanged)
        with self.desk.store.read() as c:
            analysis = interviews.get_analysis(c, str(interviews.get_interview(c, item.interview).analysis))
        given = sum(draft.score is not None for draft in analysis.drafts)
        return DayResult(
            **told, outcome="done", minutes=round(analysis.source.duration_s / 60, 1), drafts=given,
            withheld=len(analysis.drafts) - given, quality=analysis.quality.grade, unchanged=item.unchanged,
        )  # fmt: skip
