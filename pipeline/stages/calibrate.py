"""Fit a team's mapping from evidence to level, and put it on drafts. Two numbers, so that thirty scores are enough."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from models.calibration import Calibration, GradedValue, LevelLine
from models.evaluation import ScoreRow
from models.report import Analysis
from models.rubric import Competency, Rubric
from models.score import DraftScore
from pipeline.errors import SourceError
from pipeline.stages.agreement_figures import score_block
from pipeline.stages.rationale import rationale

LEAST = 30
"""Graded values; below that two numbers cannot be told from chance."""

FOLDS = 10
RIDGE = 5.0
"""Grades' worth of belief in the shipped mapping (shift 0, slope 1)."""

FLATTEST = 0.1
COVERAGE = 0.9
SHIPPED = "shipped"


def fit_line(rows: Sequence[GradedValue]) -> LevelLine:
    """Ridge regression of level on value, drawn towards the shipped mapping; the slope stays above 0."""
    x = np.array([row.value - 3 for row in rows])
    y = np.array([row.level - 3 for row in rows]) - x
    columns = np.stack([np.ones_like(x), x], axis=1)
    shift, steeper = np.linalg.solve(columns.T @ columns + RIDGE * np.eye(2), columns.T @ y)
    return LevelLine(shift=round(float(shift), 6), slope=round(max(FLATTEST, 1 + float(steeper)), 6))


def mapped(value: float, line: LevelLine) -> float:
    """The value on the team's scale, 1..5."""
    return float(np.clip(3 + line.shift + line.slope * (value - 3), 1.0, 5.0))


def fit(rows: Sequence[GradedValue], scorer: str) -> Calibration:
    """The mapping with its figures before and after, cross-validated over groups; SourceError below thirty grades or two groups.

    A group (an interview) is never in the part that its own line was fitted on. Same rows, same mapping.
    """
    groups = sorted({row.group for row in rows}, key=lambda group: hashlib.sha256(group.encode()).hexdigest())
    if len(rows) < LEAST or len(groups) < 2:
        raise SourceError(
            f"{len(rows)} usable scores of {len(groups)} interviews are too few to calibrate on.",
            f"At least {LEAST} scores of two interviews or more are needed, given before the draft was seen.",
        )
    held_out: dict[str, LevelLine] = {}
    for fold in range(min(FOLDS, len(groups))):
        out = set(groups[fold::FOLDS])
        held_out.update(dict.fromkeys(sorted(out), fit_line([row for row in rows if row.group not in out])))
    after = [mapped(row.value, held_out[row.group]) for row in rows]
    errors = sorted(abs(value - row.level) for value, row in zip(after, rows, strict=True))
    rank = min(len(errors), int(np.ceil(COVERAGE * (len(errors) + 1))))
    found = Calibration(
        scorer=scorer,
        line=fit_line(rows),
        held_out=dict(sorted(held_out.items())),
        half_width=round(errors[rank - 1], 3),
        n=len(rows),
        before=score_block([_row(row, row.value) for row in rows]),
        after=score_block([_row(row, value) for row, value in zip(rows, after, strict=True)]),
    )
    return found.model_copy(update={"name": content_name(found)})


def content_name(calibration: Calibration) -> str:
    """``team-`` and the first twelve digits of the sha256 of what the mapping says."""
    content = calibration.model_dump_json(by_alias=True, exclude={"name"})
    return f"team-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _row(row: GradedValue, value: float) -> ScoreRow:
    got = min(5, max(1, int(value + 0.5)))
    return ScoreRow(
        id=row.group, rubric="", competency=row.competency, want=row.level, got=got, value=value, confidence=None
    )


def calibrated(draft: DraftScore, competency: Competency, calibration: Calibration, interview: str = "") -> DraftScore:
    """The draft on the team's scale: value, level, range, pulls and rationale agree with each other and name the calibration.

    ``interview`` is the sha256 of the recording or transcript. A draft without a level stays without one.
    """
    if draft.value is None:
        return draft.model_copy(update={"calibration": calibration.name})
    line = calibration.held_out.get(interview, calibration.line)
    value = round(mapped(draft.value, line), 3)
    score = min(5, max(1, int(value + 0.5)))
    low = int(np.ceil(value - calibration.half_width - 1e-9))
    high = int(np.floor(value + calibration.half_width + 1e-9))
    evidence = tuple(
        quote.model_copy(update={"pull": round(value - round(mapped(draft.value - quote.pull, line), 3), 3)})
        for quote in draft.evidence
    )
    return DraftScore(
        competency=draft.competency,
        score=score,
        value=value,
        plausible=(max(1, min(low, score)), min(5, max(high, score))),
        confidence=draft.confidence,
        calibration=calibration.name,
        rationale=rationale(competency, value, evidence, 0.0),
        evidence=evidence,
    )


def calibrated_analysis(analysis: Analysis, rubric: Rubric, calibration: Calibration) -> Analysis:
    """The analysis with its drafts on the team's scale; SourceError where the mapping belongs to other weights or the drafts to another mapping."""
    if analysis.engines.scorer != calibration.scorer:
        raise SourceError(
            f"{calibration.name}: was fitted on drafts of other weights.",
            "Run `debrief calibrate` again with this version.",
        )
    if any(draft.calibration != SHIPPED for draft in analysis.drafts):
        raise SourceError(
            f"{analysis.source.name}: its drafts are calibrated already.", "Analyse it again without --calibration."
        )
    drafts = tuple(
        calibrated(draft, rubric.competency(draft.competency), calibration, analysis.source.sha256)
        for draft in analysis.drafts
    )
    return analysis.model_copy(update={"drafts": drafts})
