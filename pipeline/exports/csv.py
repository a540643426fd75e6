"""An opening as CSV: one line for each score that a person confirmed, with totals repeated, safe to open in a
spreadsheet.
"""

from __future__ import annotations

import csv
import io

from models.decision import OpeningReport
from pipeline.exports.cells import clock, for_csv

HEADS = (
    "candidate_id", "candidate", "round", "rater", "as", "competency", "score", "choice", "first_score", "before_draft", "reason",
    "note", "quotes", "quote_times", "average", "total", "rank", "outcome",
)  # fmt: skip


def rows(report: OpeningReport) -> list[dict[str, object]]:
    """The lines of the table as plain values; ``average``, ``total`` and ``rank`` are the candidate's, None where
    there is none.
    """
    found: list[dict[str, object]] = []
    for candidate in report.candidates:
        total = candidate.panel.result.total
        averages = {a.competency: a.average for a in total.averages}
        for review in candidate.reviews:
            for line in review.scores:
                found.append(
                    {
                        "candidate_id": candidate.id,
                        "candidate": candidate.name,
                        "round": report.rounds.get(review.interview, review.interview),
                        "rater": report.people.get(review.reviewer, review.reviewer),
                        "as": review.kind,
                        "competency": line.competency,
                        "score": line.score,
                        "choice": line.choice,
                        "first_score": line.first_score,
                        "before_draft": line.blind,
                        "reason": line.reason,
                        "note": line.note,
                        "quotes": " | ".join(q.quote for q in line.quotes),
                        "quote_times": " | ".join(clock(q.start) for q in line.quotes),
                        "average": averages.get(line.competency),
                        "total": total.total,
                        "rank": candidate.rank.rank if candidate.rank else None,
                        "outcome": candidate.panel.result.outcome,
                    }
                )
    return found


def table(report: OpeningReport) -> str:
    """The CSV text with a heading; text that begins like a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows(report):
        writer.writerow({k: for_csv(v) if isinstance(v, str) else "" if v is None else v for k, v in row.items()})
    return out.getvalue()
