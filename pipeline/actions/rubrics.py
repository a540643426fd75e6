"""Rubrics in the store: their versions, what differs between two, and what a change would touch."""

from __future__ import annotations

from datetime import datetime

from models._base import Noun
from models.report import RubricRef
from models.rubric import Rubric
from pipeline import rubrics as files
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError
from pipeline.judgement import rubric_changes as rules
from pipeline.judgement.rubric_changes import RubricChange
from pipeline.store import openings
from pipeline.store import rubrics as stored


class RubricVersion(Noun):
    """A stored version: when it came in (None: before that was noted), how many openings use it and reviews rest on it."""

    ref: RubricRef
    title: str
    seniority: str
    created_at: datetime | None
    author: str | None
    openings: int
    reviews: int


class TouchedCard(Noun):
    """A review that a change of the rubric concerns, and its competencies whose meaning would change.

    It keeps the version that it was opened with.
    """

    review: str
    interview: str
    candidate: str
    reviewer: str
    state: str
    competencies: tuple[str, ...]


class RubricImpact(Noun):
    """What moving an opening to another version means: the differences, cards in draft and submitted that keep the old one,
    and how many analyses would be re-scored.
    """

    changes: tuple[RubricChange, ...]
    competencies: tuple[str, ...]
    open_cards: tuple[TouchedCard, ...]
    submitted_cards: tuple[TouchedCard, ...]
    analyses: int


def versions(desk: Desk, rubric_id: str | None = None) -> tuple[RubricVersion, ...]:
    """All stored versions, or those of one rubric, newest first."""
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        return tuple(
            RubricVersion(
                ref=RubricRef(id=row.id, version=row.version), title=rubric.title, seniority=rubric.seniority,
                created_at=row.created_at, author=row.author, openings=row.openings, reviews=row.reviews,
            )
            for row, rubric in stored.versions(c, rubric_id)
        )  # fmt: skip


def get(desk: Desk, ref: RubricRef) -> Rubric:
    """That version of a rubric."""
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        return openings.get_rubric(c, ref)


def save(desk: Desk, text: str, name: str = "rubric.yaml") -> Rubric:
    """Keeps a rubric that was written or imported, with its text and comments; RubricError says what is wrong with it,
    ConflictError that this very text is there already. No opening uses it until it is moved to it.

    Where only comments or their places differ the version stays the same and has the new text from now on.
    """
    rubric = files.load_text(text, name)
    ref = RubricRef(id=rubric.id, version=rubric.version)
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip() + "\n"
    with desk.store.write() as c:
        desk.require(c, "manage-openings")
        if not stored.known(c, ref):
            openings.add_rubric(c, rubric, desk.clock(), desk.actor, plain)
            desk.log(c, "add-rubric", "rubric", rubric.id, rubric=f"{rubric.id}@{rubric.version}")
        elif plain.rstrip() != (stored.written(c, ref) or files.to_yaml(rubric)).rstrip():
            stored.rewrite(c, ref, plain)
            desk.log(c, "comment-rubric", "rubric", rubric.id, rubric=f"{rubric.id}@{rubric.version}")
        else:
            raise ConflictError(
                "This version of the rubric is stored already.", "Change something, or use it as it is."
            )
    return rubric


def lint(text: str, name: str = "rubric.yaml") -> list[files.Finding]:
    """What is wrong or doubtful with a rubric as it is being written."""
    return files.lint_text(text, name)


def export(desk: Desk, ref: RubricRef) -> str:
    """A version as YAML, as it was written where a person wrote it; reading it again gives the same version."""
    rubric = get(desk, ref)
    with desk.store.read() as c:
        return stored.written(c, ref) or files.to_yaml(rubric)


def compare(desk: Desk, old: RubricRef, new: RubricRef) -> tuple[RubricChange, ...]:
    """What differs between two versions."""
    return rules.changes(get(desk, old), get(desk, new))


def impact(desk: Desk, job_id: str, new: Rubric) -> RubricImpact:
    """What moving an opening to another version would touch; nothing is changed."""
    with desk.store.read() as c:
        desk.require(c, "manage-openings")
        job = openings.get_job(c, job_id)
        old = openings.get_rubric(c, job.rubric)
        hit = rules.touched(old, new)
        kept = {c_.id for c_ in old.competencies}
        cards = [
            TouchedCard(
                review=row.id, interview=row.interview, candidate=row.candidate, reviewer=row.reviewer, state=row.state,
                competencies=tuple(key for key in hit if key in kept),
            )
            for row in stored.cards(c, job_id)
        ]  # fmt: skip
        analyses = stored.analysed(c, job_id)
    return RubricImpact(
        changes=rules.changes(old, new),
        competencies=hit,
        open_cards=tuple(card for card in cards if card.state == "draft"),
        submitted_cards=tuple(card for card in cards if card.state == "submitted"),
        analyses=analyses,
    )
