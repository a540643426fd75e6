"""Analyses against labelled interviews: every figure that the project is judged by. Definitions: benchmarks/metrics.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from models.evaluation import Evaluation, Labelled, ScoreBlock, ScoreRow
from models.report import Analysis
from pipeline.stages.agreement_figures import confidence_steps, confusion, consensus, reliability, score_block
from pipeline.stages.talk_figures import cut_figures, evidence_block, readers_block

Values = Mapping[tuple[str, str], float]
"""Unrounded level by interview and competency."""


def evaluate(
    labelled: Sequence[Labelled], analyses: Mapping[str, Analysis], baselines: Mapping[str, Values] | None = None
) -> Evaluation:
    """All figures over the labelled interviews; an interview without an analysis counts as wrong throughout.

    ``baselines`` are other ways to a value for each interview and competency, measured beside the constant 3 and the interview's own mean.
    """
    rows = [row for one in labelled for row in score_rows(one, analyses.get(one.id))]
    cuts = [cut_figures(one, analyses.get(one.id)) for one in labelled]
    hits, got, want = (sum(cut.border[i] for cut in cuts) for i in range(3))
    precision, recall = hits / max(1, got), hits / max(1, want)
    kinds = [cut.kinds for cut in cuts if cut.kinds is not None]
    return Evaluation(
        interviews=sum(one.id in analyses for one in labelled),
        missing=sum(one.id not in analyses for one in labelled),
        missing_ids=tuple(one.id for one in labelled if one.id not in analyses),
        readers=max((len(one.readers) for one in labelled), default=0),
        roles=round(float(np.mean([cut.roles for cut in cuts])), 4),
        question_words=round(float(np.mean([cut.question for cut in cuts])), 3),
        other_kind_words=round(float(np.mean(kinds)), 3) if kinds else None,
        border_f1=round(2 * precision * recall / max(1e-9, precision + recall), 3),
        scores=score_block(rows),
        by_rubric={k: score_block([r for r in rows if r.rubric == k]) for k in sorted({r.rubric for r in rows})},
        by_level={str(v): score_block([r for r in rows if r.want == v]) for v in sorted({r.want for r in rows if r.want})},
        by_trait={k: score_block([r for r in rows if k in r.traits]) for k in sorted({t for r in rows for t in r.traits})},
        baselines=baseline_blocks(rows, baselines or {}),
        evidence=evidence_block(labelled, analyses),
        reader_vs_reader=readers_block(labelled),
        confusion=confusion(rows),
        steps=confidence_steps(rows),
        bins=reliability(rows),
        rows=tuple(rows),
        scorer=next((analyses[one.id].engines.scorer for one in labelled if one.id in analyses), ""),
    )  # fmt: skip


def score_rows(one: Labelled, analysis: Analysis | None) -> list[ScoreRow]:
    """A row for each competency of the key: what the readers say together, and what the draft says."""
    drafts = {draft.competency: draft for draft in analysis.drafts} if analysis else {}
    rows = []
    for competency in one.readers[0].scores:
        draft = drafts.get(competency)
        low, high = draft.plausible if draft and draft.plausible else (None, None)
        rows.append(
            ScoreRow(
                id=one.id,
                rubric=one.rubric,
                competency=competency,
                want=consensus([reader.scores.get(competency) for reader in one.readers]),
                got=draft.score if draft else None,
                value=draft.value if draft else None,
                confidence=draft.confidence if draft else None,
                low=low,
                high=high,
                traits=one.traits,
            )
        )
    return rows


def baseline_blocks(rows: Sequence[ScoreRow], baselines: Mapping[str, Values]) -> dict[str, ScoreBlock]:
    """The figures that the drafts must beat: a constant, one number for each interview, and whatever values are given.

    ``halo (readers)`` is the best that one number can do, the mean of the readers' own levels; ``halo (drafts)`` is the drafts' mean.
    """
    own: dict[str, list[float]] = defaultdict(list)
    drafts: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.want is not None:
            own[row.id].append(float(row.want))
        if row.value is not None:
            drafts[row.id].append(row.value)
    ways: dict[str, list[float]] = {"constant 3": [3.0] * len(rows)}
    for name, known in baselines.items():
        ways[name] = [known.get((row.id, row.competency), 3.0) for row in rows]
    ways["halo (drafts)"] = [float(np.mean(drafts[row.id] or [3.0])) for row in rows]
    ways["halo (readers)"] = [float(np.mean(own[row.id] or [3.0])) for row in rows]
    return {
        name: score_block([_instead(row, value) for row, value in zip(rows, found, strict=True)])
        for name, found in ways.items()
    }


def _instead(row: ScoreRow, value: float) -> ScoreRow:
    level = min(5, max(1, int(value + 0.5)))
    return row.model_copy(update={"got": level, "value": value, "confidence": None, "low": None, "high": None})
