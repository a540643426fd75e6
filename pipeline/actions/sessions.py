"""A month's calibration session sample by sample: sets of graded answers, the next one to score blind, and the room."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path

from pydantic import Field

from models._base import Noun
from models.decision import CalibrationReport
from models.report import RubricRef
from models.rubric import Competency, Rubric
from pipeline.actions import drafting
from pipeline.actions.calibrating import Sample, rate_sample, read_samples, results, session
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError, NotFoundError, SourceError
from pipeline.exports.writing import write_whole
from pipeline.store import reviews

LARGEST = 5_000_000
"""Bytes of a file of graded samples."""


class SampleSet(Noun):
    """A set of graded samples: its id, the rubric that they are graded by, how many there are, whether it is one's own."""

    id: str
    rubric: str
    title: str
    samples: int
    own: bool


class BlindSample(Noun):
    """A sample as it is shown to be scored: without its key."""

    id: str
    text: str
    competency: str
    definition: str = ""
    anchors: dict[str, str] = Field(default_factory=dict)


class Sitting(Noun):
    """A person's session of a month: ``number`` of ``of`` is next; ``sample`` is None when all are scored."""

    set: SampleSet
    month: str
    number: int
    of: int
    sample: BlindSample | None


class RoomSample(Noun):
    """A sample that split the room: levels given, the key, and its text where the person has scored it too."""

    key: int
    levels: tuple[int, ...]
    competency: str
    text: str


class Room(Noun):
    """What calibration shows a person: the report, and the samples that split the room which they have scored."""

    report: CalibrationReport
    split: tuple[RoomSample, ...]
    waiting: int = 0


def month_of(desk: Desk) -> str:
    """The present month, such as ``2026-11``."""
    return desk.clock().strftime("%Y-%m")


def sets(desk: Desk, folder: Path) -> tuple[SampleSet, ...]:
    """The team's own sets first, then those that come with debrief."""
    with desk.store.read() as c:
        desk.require(c, "calibrate")
    return tuple(_described(path, own=own) for path, own in _files(folder))


def sitting(desk: Desk, folder: Path, set_id: str) -> Sitting:
    """One's session of this month: the next sample that one has not scored yet."""
    month = month_of(desk)
    about, chosen = _session(desk, folder, set_id, month)
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        done = {r.sample for r in reviews.calibration_ratings(c) if r.rater == desk.actor and r.month == month}
    left = [sample for sample in chosen if sample.id not in done]
    if not left:
        return Sitting(set=about, month=month, number=len(chosen), of=len(chosen), sample=None)
    known = _competency(desk, about.rubric, left[0].competency)
    shown = BlindSample(
        id=left[0].id,
        text=left[0].text,
        competency=known.name if known else left[0].competency,
        definition=known.definition if known else "",
        anchors=known.anchors if known else {},
    )
    return Sitting(set=about, month=month, number=len(chosen) - len(left) + 1, of=len(chosen), sample=shown)


def score(desk: Desk, folder: Path, set_id: str, sample_id: str, level: int) -> None:
    """One's blind level of a sample of this month's session; once scored, a second try changes nothing."""
    month = month_of(desk)
    _, chosen = _session(desk, folder, set_id, month)
    sample = next((each for each in chosen if each.id == sample_id), None)
    if sample is None:
        raise NotFoundError("This sample is not in this month's session.", "Go back to Calibrate and begin again.")
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        rated = {(r.sample, r.month) for r in reviews.calibration_ratings(c) if r.rater == desk.actor}
    if (sample_id, month) not in rated:
        rate_sample(desk, sample, level, month)


def room(desk: Desk, folder: Path) -> Room:
    """The results: the whole room for leads and admins, one's own line for everyone else.

    Of the samples that split the room only those are shown that the person has scored, and none that waits for them
    this month: they would lose their blindness (``waiting`` counts them).
    """
    found = results(desk)
    month = month_of(desk)
    with desk.store.read() as c:
        rated = {(r.sample, r.month) for r in reviews.calibration_ratings(c) if r.rater == desk.actor}
    coming = {s.id for path, _ in _files(folder) for s in session(read_samples(path), month)}
    mine = {sample for sample, _ in rated if sample not in coming or (sample, month) in rated}
    texts = {sample.id: sample for path, _ in _files(folder) for sample in read_samples(path)}
    split = tuple(
        RoomSample(
            key=item.key,
            levels=item.levels,
            competency=texts[item.sample].competency if item.sample in texts else "",
            text=texts[item.sample].text if item.sample in texts else "(this sample is no longer in any set)",
        )
        for item in found.split
        if item.sample in mine
    )
    hidden = found.model_copy(update={"split": ()})
    return Room(report=hidden, split=split, waiting=len(found.split) - len(split))


def add_set(desk: Desk, folder: Path, content: bytes) -> SampleSet:
    """Keeps a team's own graded samples (JSON lines with rubric, competency, level, text) for sessions to come."""
    with desk.store.read() as c:
        desk.require(c, "manage-openings")
    if len(content) > LARGEST:
        raise SourceError("The file is larger than 5 MB.", "Give graded samples, one a line.")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.jsonl"
    if path.exists():
        raise ConflictError("These samples are there already.", "Nothing to do.")
    write_whole(path, content)
    try:
        samples = read_samples(path)
        if not samples or any(len(sample.competency) > 64 for sample in samples):
            raise SourceError("The file holds no usable samples.", "Give competency, level 1-5 and text on each line.")
        return _described(path, own=True)
    except (SourceError, RecursionError) as error:
        path.unlink(missing_ok=True)
        said = error.message.replace(path.name, "The file") if isinstance(error, SourceError) else "The file is nested."
        raise SourceError(said, "Give JSON lines with rubric, competency, level 1-5 and text.") from error


def _files(folder: Path) -> list[tuple[Path, bool]]:
    own = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
    bundled = Path(str(resources.files("rubrics"))) / "samples"
    return [*((path, True) for path in own), *((path, False) for path in sorted(bundled.glob("*.jsonl")))]


def _described(path: Path, *, own: bool) -> SampleSet:
    samples = read_samples(path)
    first = next((line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()), "{}")
    rubric = str(json.loads(first).get("rubric", ""))
    return SampleSet(id=path.stem, rubric=rubric, title=rubric or "graded samples", samples=len(samples), own=own)


def _session(desk: Desk, folder: Path, set_id: str, month: str) -> tuple[SampleSet, tuple[Sample, ...]]:
    for path, own in _files(folder):
        if path.stem == set_id:
            return _described(path, own=own), session(read_samples(path), month)
    raise NotFoundError("There is no such set of samples.", "Go back to Calibrate and choose one.")


def _competency(desk: Desk, rubric_id: str, competency: str) -> Competency | None:
    """What the competency means, by the newest version of the rubric that there is; None where there is none."""
    rubric = _newest(desk, rubric_id)
    return next((c for c in rubric.competencies if c.id == competency), None) if rubric else None


def _newest(desk: Desk, rubric_id: str) -> Rubric | None:
    for shelf in drafting.shelf(desk):
        if shelf.id == rubric_id:
            version = shelf.versions[0].ref.version if shelf.versions else shelf.bundled
            return drafting.read(desk, RubricRef(id=rubric_id, version=version)) if version else None
    return None
