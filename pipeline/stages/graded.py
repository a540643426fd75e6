"""What people graded, read from files: sample answers, or a team's own scores of interviews that were analysed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.calibration import GradedValue
from models.report import Analysis
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline.errors import SourceError
from pipeline.stages.calibrate import SHIPPED
from pipeline.stages.score import Scorer

SCORE_LINE = '{"analysis": "call.json", "competency": "id", "score": 4, "before_reveal": true}'
SAMPLE_LINE = '{"rubric": "id", "competency": "id", "level": 4, "text": "..."}'


def is_samples(path: Path) -> bool:
    """Whether the file holds graded sample answers rather than scores of interviews."""
    return any("text" in line for _, line in lines(path))


def team_scores(path: Path, scorer: str) -> tuple[tuple[GradedValue, ...], Counter[str]]:
    """A team's scores beside the values that the shipped mapping drafted, and how many lines were left aside, by reason.

    One JSON object a line: ``analysis`` (path of the interview's analysis, from the file's folder), ``competency``, ``score`` 1..5,
    ``before_reveal`` (true where the score was given before the draft was seen). Only such scores count; what was given with the draft in
    sight would teach the draft to agree with itself. Lines of a competency without a draft, of drafts of other weights or of another
    calibration are left aside.
    """
    known: dict[Path, Analysis] = {}
    found, aside = [], Counter[str]()
    for number, line in lines(path):
        try:
            place = (path.parent / line["analysis"]).resolve()
            competency, level, blind = (
                str(line["competency"]),
                on_scale(line["score"]),
                line.get("before_reveal") is True,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f"{path.name} line {number}: not a score ({error}).", f"A line is {SCORE_LINE}."
            ) from error
        if not blind:
            aside["given after the draft was seen"] += 1
            continue
        if place not in known:
            known[place] = read_analysis(place, f"{path.name} line {number}")
        analysis = known[place]
        draft = next((draft for draft in analysis.drafts if draft.competency == competency), None)
        why = unusable(draft, analysis, scorer)
        if why or draft is None or draft.value is None:
            aside[why] += 1
            continue
        found.append(GradedValue(group=analysis.source.sha256, competency=competency, value=draft.value, level=level))
    return tuple(found), aside


def unusable(draft: DraftScore | None, analysis: Analysis, scorer: str) -> str:
    """Why a draft's value cannot be set beside a person's score; empty where it can."""
    if draft is None:
        return "of a competency that the analysis does not have"
    if analysis.engines.scorer != scorer:
        return "drafted by other weights (analyse again)"
    if draft.calibration != SHIPPED:
        return "drafted through another calibration (analyse again without)"
    return "without a draft level" if draft.value is None else ""


def sample_values(
    path: Path, rubric_of: Callable[[str], Rubric], scorer: Scorer
) -> tuple[tuple[GradedValue, ...], Counter[str]]:
    """What the shipped mapping makes of each graded sample answer, told as one turn of a candidate."""
    found, aside = [], Counter[str]()
    for number, line in lines(path):
        try:
            rubric, competency = rubric_of(str(line["rubric"])), str(line["competency"])
            level, text = on_scale(line["level"]), str(line["text"])
            rubric.competency(competency)
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f"{path.name} line {number}: not a graded sample ({error}).", f"A line is {SAMPLE_LINE}."
            ) from error
        turn = Turn(t=0, speaker="S1", role="candidate", text=text)
        draft = next(draft for draft in scorer.score((turn,), (), rubric) if draft.competency == competency)
        if draft.value is None:
            aside["without a draft level"] += 1
            continue
        group = hashlib.sha256(text.encode()).hexdigest()
        found.append(GradedValue(group=group, competency=competency, value=draft.value, level=level))
    return tuple(found), aside


def lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The JSON objects of a JSON-lines file with their line numbers; SourceError names the line that is none."""
    try:
        written = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read ({error}).", "Give a file of JSON lines.") from error
    found = []
    for number, text in enumerate(written, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError as error:
            raise SourceError(
                f"{path.name} line {number}: is not JSON ({error}).", "Give one JSON object a line."
            ) from error
        if not isinstance(line, dict):
            raise SourceError(f"{path.name} line {number}: is not a JSON object.", "Give one JSON object a line.")
        found.append((number, line))
    return found


def on_scale(level: object) -> int:
    """A whole level 1..5; ValueError for anything else."""
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= 5:
        raise ValueError(f"{level!r} is not a level from 1 to 5")
    return level


def read_analysis(path: Path, where: str) -> Analysis:
    """The analysis in a file; SourceError says where it was named."""
    try:
        return Analysis.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(
            f"{where}: {path} cannot be read ({error.strerror}).", "Name analyses from the file's folder."
        ) from error
    except ValueError as error:
        raise SourceError(f"{where}: {path} is not an analysis.", "Make it with `debrief analyze --json`.") from error
