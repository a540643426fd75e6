"""A rubric as it is being written: what is wrong with it, what it changes, and which cards a change would touch."""

from __future__ import annotations

from functools import cache

from models._base import Noun
from models.job import JobOpening
from models.report import RubricRef
from models.rubric import Rubric
from pipeline import rubrics as files
from pipeline.actions import rubrics
from pipeline.actions.desk import Desk
from pipeline.actions.openings import change_rubric
from pipeline.actions.rubrics import RubricImpact, RubricVersion
from pipeline.errors import NotFoundError, UsageError
from pipeline.judgement.rubric_changes import RubricChange
from pipeline.judgement.rubric_changes import changes as differences
from pipeline.store import openings
from pipeline.store import rubrics as stored

EMPTY = """id: my-role
title: My role
seniority: ""
competencies:
  - id: first-competency
    name: First competency
    weight: 50
    must_have: true
    anchors:
      "1": What somebody does who does not have it.
      "3": What somebody does who has it.
      "5": What somebody does who stands out by it.
  - id: second-competency
    name: Second competency
    weight: 50
    anchors:
      "1": What somebody does who does not have it.
      "3": What somebody does who has it.
      "5": What somebody does who stands out by it.
questions:
  - id: q1
    text: Tell me about a time when you did the first thing.
    evaluates: [first-competency]
    probes: [What did you do yourself?, What came of it?]
"""


class RubricShelf(Noun):
    """All rubrics by id: their stored versions, newest first, and the bundled one where it is not stored yet."""

    id: str
    title: str
    seniority: str
    versions: tuple[RubricVersion, ...]
    bundled: str | None = None


class JobImpact(Noun):
    """What a changed rubric would mean for one opening, should it be moved to it."""

    job: JobOpening
    impact: RubricImpact


class Checked(Noun):
    """A rubric's text, looked at: findings, the rubric where it holds together, what differs from the version that it
    started from, and the openings that it might be used for.
    """

    findings: tuple[files.Finding, ...]
    rubric: Rubric | None = None
    changes: tuple[RubricChange, ...] = ()
    openings: tuple[JobImpact, ...] = ()


def shelf(desk: Desk) -> tuple[RubricShelf, ...]:
    """Every rubric that there is, by title."""
    kept: dict[str, list[RubricVersion]] = {}
    for version in rubrics.versions(desk):
        kept.setdefault(version.ref.id, []).append(version)
    for name in _bundled():
        kept.setdefault(name, [])
    made = []
    for name, versions in kept.items():
        own = _bundled().get(name)
        newest = versions[0] if versions else None
        known = {v.ref.version for v in versions}
        made.append(
            RubricShelf(
                id=name,
                title=newest.title if newest else own.title if own else name,
                seniority=newest.seniority if newest else own.seniority if own else "",
                versions=tuple(versions),
                bundled=own.version if own and own.version not in known else None,
            )
        )
    return tuple(sorted(made, key=lambda r: (r.title.casefold(), r.id)))


def read(desk: Desk, ref: RubricRef) -> Rubric:
    """That version of a rubric, stored or bundled; NotFoundError where there is neither."""
    own = _bundled().get(ref.id)
    if own is not None and own.version == ref.version:
        with desk.store.read() as c:
            desk.require(c, "calibrate")
        return own
    return rubrics.get(desk, ref)


def text(desk: Desk, ref: RubricRef) -> str:
    """That version as YAML, with the comments of whoever wrote it; NotFoundError where there is none."""
    found = read(desk, ref)
    with desk.store.read() as c:
        return stored.written(c, ref) or files.to_yaml(found)


def start(desk: Desk, base: str) -> str:
    """The YAML to begin with: of a bundled rubric by its id, of a version as ``id@version``, or a skeleton for ``""``."""
    with desk.store.read() as c:
        desk.require(c, "manage-openings")
    if not base:
        return EMPTY
    name, _, version = base.partition("@")
    if not version:
        if name not in _bundled():
            raise NotFoundError("There is no such bundled rubric.", "Choose one from the list.")
        return files.to_yaml(_bundled()[name])
    return text(desk, RubricRef(id=name, version=version))


def findings(desk: Desk, text: str) -> tuple[files.Finding, ...]:
    """What is wrong or doubtful with the text, for those who may keep rubrics."""
    with desk.store.read() as c:
        desk.require(c, "manage-openings")
    return tuple(rubrics.lint(text))


def check(desk: Desk, text: str, base: str = "") -> Checked:
    """What is wrong with the text; and where it holds together, what it would change and touch. Nothing is stored."""
    said = findings(desk, text)
    if any(finding.severity == "error" for finding in said):
        return Checked(findings=said)
    rubric = files.load_text(text)
    name, _, version = base.partition("@")
    changes: tuple[RubricChange, ...] = ()
    if version and name == rubric.id:
        changes = differences(read(desk, RubricRef(id=name, version=version)), rubric)
    return Checked(findings=said, rubric=rubric, changes=changes, openings=touched(desk, rubric))


def move(desk: Desk, job_id: str, ref: RubricRef, version: int) -> JobOpening:
    """Another version for an opening's reviews to come. Cards that are there keep theirs."""
    return change_rubric(desk, job_id, read(desk, ref), version)


def touched(desk: Desk, rubric: Rubric) -> tuple[JobImpact, ...]:
    """The openings rated with other versions of the rubric, newest first, and what moving each to this one would mean."""
    with desk.store.read() as c:
        desk.require(c, "manage-openings")
        found = openings.jobs(c)
    return tuple(
        JobImpact(job=job, impact=rubrics.impact(desk, job.id, rubric))
        for job in reversed(found)
        if job.rubric.id == rubric.id and job.rubric.version != rubric.version
    )


def compare(desk: Desk, rubric_id: str, old: str, new: str) -> tuple[Rubric, Rubric, tuple[RubricChange, ...]]:
    """Two versions of a rubric and what differs."""
    if not old or not new:
        raise UsageError("Two versions are needed.", "Choose both.")
    pair = tuple(read(desk, RubricRef(id=rubric_id, version=version)) for version in (old, new))
    return pair[0], pair[1], differences(pair[0], pair[1])


@cache
def _bundled() -> dict[str, Rubric]:
    return {name: files.load(name) for name in files.bundled()}
