"""How drafts compare with people over time, what people do with drafts, and how interviewers hold their interviews."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from models.accuracy import AccuracyReport
from models.report import RubricRef
from pipeline.actions.desk import Desk
from pipeline.judgement import accuracy as rules
from pipeline.judgement.accuracy import Line, Talk
from pipeline.judgement.permissions import WIDE
from pipeline.store import lists, measures, openings


def report(desk: Desk, job_ids: Sequence[str] | None = None) -> AccuracyReport:
    """Drafts against scores that people gave before seeing them, of all openings or of those named.

    Leads and admins get everyone; whoever else rates gets their own scores and their own interviews. Candidates whom the acting
    person has yet to rate are left out, so that nothing gives a draft away.
    """
    with desk.store.read() as c:
        user = desk.require(c, "calibrate")
        only = None if user.has(*WIDE) else user.id
        owed = {interview for interview, _ in lists.owed(c, user.id)}
        hidden = {known.candidate for known in lists.rounds(c, sorted(owed)).values()}
        lines = [
            Line(
                month=row.submitted_at.strftime("%Y-%m"), competency=row.competency, first=row.first,
                blind=bool(row.blind), score=row.score, choice=row.choice, draft=row.draft,
            )
            for row in measures.scores(c, jobs=job_ids, reviewer=only)
            if row.candidate not in hidden
        ]  # fmt: skip
        talks = _talks(c, job_ids, only)
        people = openings.user_names(c, sorted({talk.person for talk in talks}))
    return AccuracyReport(
        overall=rules.draft_accuracy("all", lines),
        kappa=rules.draft_kappa(lines),
        months=rules.by_month(lines),
        competencies=rules.by_competency(lines),
        overrides=rules.override_rates(lines),
        interviewers=rules.habits(talks),
        people=people,
    )


def _talks(c: Connection, job_ids: Sequence[str] | None, only: str | None) -> list[Talk]:
    banks: dict[RubricRef, tuple[str, ...]] = {}
    found = []
    for row in measures.talks(c, jobs=job_ids, interviewer=only).all():
        ref = RubricRef(id=row.rubric_id, version=row.rubric_version)
        if ref not in banks:
            banks[ref] = tuple(question.id for question in openings.get_rubric(c, ref).questions)
        found.append(
            Talk(
                person=row.person, interviewer_words=row.interviewer_words, candidate_words=row.candidate_words,
                asked=frozenset(row.asked), bank=banks[ref], rubric=ref.id,
            )
        )  # fmt: skip
    return found
