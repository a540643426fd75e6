"""The summary of a day's recordings as a page or a table; computes nothing."""

from __future__ import annotations

import csv
import io
from html import escape

from models.work import DayResult, DaySummary
from pipeline.exports.cells import for_csv

HEADS = (
    "file",
    "outcome",
    "candidate",
    "role",
    "minutes",
    "drafts",
    "withheld",
    "quality",
    "cause",
    "remedy",
    "interview",
)
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d0d7de;vertical-align:top}
.failed td:nth-child(2){color:#a40e26;font-weight:600}.done td:nth-child(2){color:#116329}
caption{text-align:left;padding:.5rem 0}
"""


def table(summary: DaySummary) -> str:
    """One line a file, with cause and remedy; safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADS, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    for result in summary.results:
        cells = result.model_dump()
        writer.writerow({k: for_csv(v) if isinstance(v, str) else "" if v is None else v for k, v in cells.items()})
    return out.getvalue()


def page(summary: DaySummary) -> str:
    """A self-contained page: counts, then one row a file with what to do for each failure; failures first."""
    ordered = sorted(summary.results, key=lambda r: (r.outcome == "done", r.outcome == "by hand", r.file))
    counts = ", ".join(
        f"{summary.count(name)} {name}"
        for name in ("done", "failed", "by hand", "cancelled", "open")
        if summary.count(name)
    )
    rows = "\n".join(_row(result) for result in ordered)
    minutes = (summary.ended_at - summary.began_at).total_seconds() / 60
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(summary.folder)}: {escape(counts)}</title><style>{STYLE}</style></head><body>
<h1>{escape(summary.folder)}</h1>
<p>{escape(counts) or "nothing to do"}; {summary.began_at:%Y-%m-%d %H:%M} UTC, {minutes:.0f} minutes.</p>
<table><caption>Drafts are suggestions: an interviewer confirms each score.</caption>
<thead><tr><th scope="col">File</th><th scope="col">Outcome</th><th scope="col">Candidate</th><th scope="col">Role</th>
<th scope="col">Minutes</th><th scope="col">Drafts</th><th scope="col">Quality</th><th scope="col">What to do</th></tr></thead>
<tbody>
{rows}
</tbody></table></body></html>
"""


def _row(result: DayResult) -> str:
    drafts = f"{result.drafts} of {result.drafts + result.withheld}" if result.outcome == "done" else ""
    todo = " ".join(f"{result.cause} {result.remedy}".split())
    cells = (
        result.file, result.outcome, result.candidate, result.role,
        "" if result.minutes is None else f"{result.minutes:.0f}", drafts, result.quality, todo,
    )  # fmt: skip
    inside = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{escape(result.outcome.replace(" ", "-"))}">{inside}</tr>'
