"""For analysts: an opening as pandas data frames.

``scores(report)`` has a row for each score of a submitted review; ``totals(report)`` a row for each candidate.
Columns are those of
:mod:`pipeline.exports.csv`, numbers as numbers. Get a report with ``pipeline.actions.reporting.opening_report``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.decision import OpeningReport
from pipeline.exports.csv import HEADS, rows

if TYPE_CHECKING:
    import pandas as pd


def scores(report: OpeningReport) -> pd.DataFrame:
    """One row for each confirmed competency of each review: who rated whom in which round, score, choice, note, quotes."""
    import pandas

    frame = pandas.DataFrame(rows(report), columns=list(HEADS))
    return frame.astype(
        {"score": "Int64", "first_score": "Int64", "rank": "Int64", "average": "float64", "total": "float64"}
    )


def totals(report: OpeningReport) -> pd.DataFrame:
    """One row for each candidate: total with its 90 % bounds, rank, number tied with, outcome, disagreements still
    open.
    """
    import pandas

    def number(value: object) -> float | None:
        return None if value is None else float(str(value))

    return pandas.DataFrame(
        [
            {
                "candidate_id": k.id,
                "candidate": k.name,
                "total": number(k.panel.result.total.total),
                "low": number(k.rank.low) if k.rank else None,
                "high": number(k.rank.high) if k.rank else None,
                "rank": k.rank.rank if k.rank else None,
                "tied": len(k.rank.tied_with) if k.rank else 0,
                "outcome": k.panel.result.outcome,
                "open_disagreements": k.panel.open_disagreements,
            }
            for k in report.candidates
        ],
        columns=["candidate_id", "candidate", "total", "low", "high", "rank", "tied", "outcome", "open_disagreements"],
    ).astype({"rank": "Int64"})
