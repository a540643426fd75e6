"""A small company at work: people, an opening, a candidate, an interview, and a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from builders import NOON, a_rubric, an_analysis

from models.job import Candidate, Interview, JobOpening
from models.report import Analysis
from models.review import Review
from models.rubric import Rubric
from models.user import User
from pipeline.actions import analyses, openings, people, reviewing
from pipeline.actions.desk import Desk
from pipeline.store.store import Store


@dataclass
class Scene:
    """Admin, lead (decides), ann (holds the round), bob (reviews it), eve (an interviewer elsewhere), aud (auditor)."""

    store: Store
    rubric: Rubric = field(default_factory=lambda: a_rubric(must=(1,)))
    now: datetime = NOON

    def __post_init__(self) -> None:
        """Everyone is hired and the interview has just ended."""
        owner = people.first_user(self.store, "Ada Admin", "ada@example.org")
        self.people: dict[str, User] = {"admin": owner}
        admin = Desk(self.store, owner.id, self.clock)
        for name, role in (("lead", "hiring_lead"), ("ann", "interviewer"), ("bob", "reviewer"), ("eve", "interviewer"),
                           ("aud", "auditor")):  # fmt: skip
            self.people[name] = people.add_user(admin, name, f"{name}@example.org", [role])
        self.job: JobOpening = openings.create_job(self.desk("lead"), "CSM", self.rubric)
        self.candidate: Candidate = self.add_candidate("Zelda Quux")
        self.interview: Interview = self.add_interview(self.candidate)

    def clock(self) -> datetime:
        """The scene's time."""
        return max(self.now, datetime.now(NOON.tzinfo)) if self.now == NOON else self.now

    def desk(self, name: str) -> Desk:
        """Somebody's desk."""
        return Desk(self.store, self.people[name].id, self.clock)

    def add_candidate(self, name: str) -> Candidate:
        """One more candidate."""
        return openings.create_candidate(self.desk("lead"), self.job.id, name)

    def add_interview(
        self, candidate: Candidate, *, consent: str = "given", reviewers: tuple[str, ...] = ("bob",)
    ) -> Interview:
        """One more round, held by ann."""
        return openings.create_interview(
            self.desk("lead"), candidate.id, "first", NOON - timedelta(hours=1), NOON,
            interviewers=[self.people["ann"].id], reviewers=[self.people[r].id for r in reviewers], consent=consent,
        )  # fmt: skip

    def analyse(self, interview: Interview | None = None, analysis: Analysis | None = None) -> str:
        """Attaches an analysis as the interviewer."""
        which = interview or self.interview
        return analyses.attach_analysis(self.desk("ann"), which.id, analysis or an_analysis(self.rubric))

    def submit(self, name: str, levels: dict[str, int | None], interview: Interview | None = None) -> Review:
        """A whole review by hand: scores with notes, a recommendation, submitted."""
        desk = self.desk(name)
        card = reviewing.open_review(desk, (interview or self.interview).id)
        for competency, level in levels.items():
            if level is None:
                card = reviewing.leave_out(desk, card.id, card.version, competency, reason="not asked")
            else:
                card = reviewing.rate(desk, card.id, card.version, competency, level)
                card = reviewing.note(desk, card.id, card.version, competency, "said so")
        card = reviewing.conclude(desk, card.id, card.version, "yes", "strong", "none")
        return reviewing.submit(desk, card.id, card.version)
