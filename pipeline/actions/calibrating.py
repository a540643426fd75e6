"""A calibration session: everyone scores the same graded sample answers, blind, once a month."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from models._base import Noun
from models.decision import CalibrationRating, CalibrationReport
from pipeline.actions.desk import Desk
from pipeline.errors import SourceError, UsageError
from pipeline.judgement.interviewers import calibration_report
from pipeline.judgement.review import on_scale
from pipeline.store import openings, reviews


class Sample(Noun):
    """A sample answer with the level that it was graded at; its id is the hash of its text."""

    id: str
    competency: str
    level: int
    text: str


def read_samples(path: Path) -> tuple[Sample, ...]:
    """Graded samples from a JSON-lines file (``competency``, ``level``, ``text``); SourceError names the line that
    cannot be read.
    """
    samples = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path.name}: cannot be read ({error}).", "Give a JSON-lines file of graded samples."
        ) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            text = str(entry["text"])
            name = hashlib.sha256(text.encode()).hexdigest()[:16]
            samples.append(Sample(id=name, competency=entry["competency"], level=on_scale(entry["level"]), text=text))
        except (ValueError, KeyError, TypeError, UsageError) as error:
            raise SourceError(
                f"{path.name} line {number}: not a graded sample ({error}).", "Give competency, level 1-5 and text."
            ) from error
    return tuple(samples)


def session(samples: Sequence[Sample], month: str, size: int = 15) -> tuple[Sample, ...]:
    """The samples of a month, the same for everyone: spread over levels, chosen by a hash of the month, without
    their keys in the order.
    """
    by_level: dict[int, list[Sample]] = {}
    for sample in sorted(samples, key=lambda s: hashlib.sha256(f"{month} {s.id}".encode()).hexdigest()):
        by_level.setdefault(sample.level, []).append(sample)
    chosen: list[Sample] = []
    while len(chosen) < size and any(by_level.values()):
        for level in sorted(by_level):
            if by_level[level] and len(chosen) < size:
                chosen.append(by_level[level].pop(0))
    return tuple(sorted(chosen, key=lambda s: hashlib.sha256(f"order {month} {s.id}".encode()).hexdigest()))


def rate_sample(desk: Desk, sample: Sample, level: int, month: str) -> CalibrationRating:
    """One's blind rating of a sample; once a month for each."""
    rating = CalibrationRating(
        rater=desk.actor,
        sample=sample.id,
        competency=sample.competency,
        key=sample.level,
        level=on_scale(level),
        month=month,
    )
    with desk.store.write() as c:
        desk.require(c, "calibrate")
        reviews.add_calibration(c, rating)
        desk.log(c, "rate-sample", "calibration", f"{month}/{sample.id}")
    return rating


def results(desk: Desk) -> CalibrationReport:
    """The whole room for leads and admins; for everyone else their own line alone."""
    with desk.store.read() as c:
        user = desk.require(c, "calibrate")
        ratings = reviews.calibration_ratings(c)
        if not user.has("admin", "hiring_lead"):
            ratings = tuple(r for r in ratings if r.rater == user.id)
        names = openings.user_names(c, sorted({r.rater for r in ratings}))
    return _report(ratings).model_copy(update={"people": names})


@lru_cache(maxsize=8)
def _report(ratings: tuple[CalibrationRating, ...]) -> CalibrationReport:
    """The same ratings give the same report: it is worked out once, since a page shows it again and again."""
    return calibration_report(ratings)
