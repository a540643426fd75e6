"""An opening, and blank scorecards, as self-contained pages: no scripts, nothing fetched, made to be printed."""

from __future__ import annotations

from html import escape

from models.decision import CandidateReport, OpeningReport
from models.rubric import Rubric
from pipeline.exports.cells import clock

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.6rem 0 1.6rem}
th,td{border:1px solid #8886;padding:.3rem .5rem;text-align:left;vertical-align:top}th{background:#8882}
td.n{text-align:right;white-space:nowrap}small,.q{color:#666}
@media(prefers-color-scheme:dark){small,.q{color:#aaa}}.no{font-weight:bold}
@media print{body{margin:0;max-width:none;font-size:10.5pt}section{break-before:page}tr{break-inside:avoid}}
"""
BLANK_STYLE = """
@page{size:A4;margin:12mm}body{font:8.6pt/1.25 system-ui,sans-serif;margin:0 auto;max-width:190mm}
h1{font-size:13pt;margin:0 0 1mm}p{margin:.5mm 0}table{border-collapse:collapse;width:100%;margin:1.5mm 0}
th,td{border:.2mm solid #777;padding:.7mm 1.2mm;text-align:left;vertical-align:top}
td.box{width:26mm;white-space:nowrap}td.note{width:42mm}small{color:#444}.second{break-before:page}
tr{break-inside:avoid}ul{margin:0;padding-left:4mm}
"""


def page(report: OpeningReport) -> str:
    """The opening as one HTML page: candidates side by side, then each with rules, notes and timed quotes."""
    body = [f"<h1>{escape(report.title)}</h1>", _about(report), _side_by_side(report)]
    body += [_candidate(report, candidate) for candidate in report.candidates]
    return _document(report.title, STYLE, "\n".join(body))


def _document(title: str, style: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'unsafe-inline'\"><style>{style}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _about(report: OpeningReport) -> str:
    return (
        f"<p><small>Rubric {escape(report.rubric.id)}, version {escape(report.rubric.version[:12])}. "
        f"Made {escape(report.made_at.isoformat(timespec='minutes'))}. Only scores that people confirmed are weighed. "
        f"Audit log ends with {escape(report.audit_head[:16])}.</small></p>"
    )


def _side_by_side(report: OpeningReport) -> str:
    heads = "".join(f"<th scope=col>{escape(k.name)}</th>" for k in report.candidates)
    lines = []
    for c in report.rubric.competencies:
        cells = ""
        for k in report.candidates:
            value = next(a.average for a in k.panel.result.total.averages if a.competency == c.id)
            cells += f"<td class=n>{'–' if value is None else f'{value:.2f}'}</td>"
        must = " (must-have)" if c.must_have else ""
        lines.append(f"<tr><th scope=row>{escape(c.name)}{must}</th><td class=n>{c.weight:f} %</td>{cells}</tr>")
    totals = "".join(f"<td class=n><b>{_shown(k.panel.result.total.total)}</b></td>" for k in report.candidates)
    ranks = "".join(f"<td class=n>{_place(k)}</td>" for k in report.candidates)
    advice = "".join(f"<td>{escape(k.panel.result.outcome)}</td>" for k in report.candidates)
    return (
        f"<table><tr><th>Competency</th><th>Weight</th>{heads}</tr>{''.join(lines)}"
        f"<tr><th scope=row>Weighted total</th><td></td>{totals}</tr><tr><th scope=row>Rank</th><td></td>{ranks}</tr>"
        f"<tr><th scope=row>By the rubric</th><td></td>{advice}</tr></table>"
    )


def _shown(value: object) -> str:
    return "–" if value is None else str(value)


def _place(candidate: CandidateReport) -> str:
    line = candidate.rank
    if line is None or line.rank is None:
        return "–"
    tied = f"<br><small>tied with {len(line.tied_with)}</small>" if line.tied_with else ""
    return f"{line.rank}{tied}<br><small>{line.low} to {line.high}</small>"


def _candidate(report: OpeningReport, candidate: CandidateReport) -> str:
    result = candidate.panel.result
    rules = "".join(
        f"<tr><td>{escape(r.text)}</td><td{' class=no' if r.state == 'not met' else ''}>{escape(r.state)}</td>"
        f"<td>{escape(r.because)}</td></tr>"
        for r in result.rules
    )
    sums = "".join(
        f"<tr><td>{escape(report.rubric.competency(a.competency).name)}</td><td>{escape(a.arithmetic)}</td></tr>"
        for a in result.total.averages
    )
    parts = [
        f"<section><h2>{escape(candidate.name)}</h2><p>{escape(result.total.arithmetic)}</p>",
        f"<table><tr><th>Rule</th><th>State</th><th>Because</th></tr>{rules}</table>",
        f"<table><tr><th>Competency</th><th>Average over raters, then rounds</th></tr>{sums}</table>",
    ]
    if candidate.panel.single_signal:
        parts.append(
            "<p>Resting on one interviewer and at most one quote: "
            f"{escape(', '.join(candidate.panel.single_signal))}.</p>"
        )
    for d in candidate.panel.disagreements:
        settled = f" Settled: {d.resolved}" if d.resolved else " Not settled."
        parts.append(f"<p>Raters differ on {escape(d.competency)}: {d.low} to {d.high}.{escape(settled)}</p>")
    for review in candidate.reviews:
        who = f"{report.people.get(review.reviewer, review.reviewer)}, {report.rounds.get(review.interview, '')}"
        parts.append(f"<h3>{escape(who)}: {escape((review.recommendation or '').replace('_', ' '))}</h3>")
        parts.append(
            f"<p><b>Strengths</b> {escape(review.strengths)} <b>Concerns</b> {escape(review.concerns)}</p><table>"
        )
        for line in review.scores:
            quotes = "".join(f"<div class=q>{escape(clock(q.start))} “{escape(q.quote)}”</div>" for q in line.quotes)
            parts.append(
                f"<tr><td>{escape(line.competency)}</td><td class=n>{_shown(line.score)}</td>"
                f"<td>{escape(line.note)} <small>{escape(line.reason)}</small>{quotes}</td></tr>"
            )
        parts.append("</table>")
    if candidate.decision:
        parts.append(
            f"<p><b>Decision: {escape(candidate.decision.outcome)}.</b> {escape(candidate.decision.reason)}</p>"
        )
    return "\n".join(parts) + "</section>"


def blank_html(rubric: Rubric) -> str:
    """A blank scorecard that prints on two pages: rating with anchors first, then checklist and questions."""
    boxes = "&nbsp; ".join(f"☐ {key}" for key in rubric.scale)
    rows = "".join(
        f"<tr><td><b>{escape(c.name)}</b> {c.weight.normalize():f} %{' · must-have' if c.must_have else ''}<br><small>"
        + "<br>".join(f"<b>{escape(level)}</b> {escape(text)}" for level, text in c.anchors.items())
        + f"</small></td><td class=box>{boxes}</td><td class=note></td></tr>"
        for c in rubric.competencies
    )
    scale = " · ".join(f"{escape(key)} {escape(level.label)}" for key, level in rubric.scale.items())
    listen = "".join(f"<li>☐ <b>{escape(name)}</b> {escape(text)}</li>" for name, text in checklist(rubric))
    asked = "".join(
        f"<li>{escape(q.text)}<ul>{''.join(f'<li>{escape(p)}</li>' for p in q.probes)}</ul></li>"
        for q in rubric.questions
    )
    rules = "".join(f"<li>{escape(r.text or r.kind)}</li>" for r in rubric.rules)
    body = (
        f"<h1>{escape(rubric.title)} · scorecard</h1><p>Candidate ______________________ "
        f"Interviewer ______________________ Date ____________ Round ____________</p><p><small>{scale}. Fill it within 30 minutes after the call; a score "
        "needs a note or a quote.</small></p>"
        f"<table><tr><th>Competency and anchors</th><th>Score</th><th>Evidence</th></tr>{rows}</table>"
        "<p>Overall: ☐ strong no ☐ no ☐ yes ☐ strong yes ☐ no decision &nbsp; Strengths ____________________ Concerns "
        f'____________________</p><div class="second"><h1>During the call</h1><ul>{listen}</ul>'
        f"{f'<h1>Questions</h1><ol>{asked}</ol>' if asked else ''}"
        f"{f'<h1>Rules</h1><ul>{rules}</ul>' if rules else ''}</div>"
    )
    return _document(f"{rubric.title} scorecard", BLANK_STYLE, body)


def blank_markdown(rubric: Rubric) -> str:
    """A blank scorecard in Markdown, with the checklist."""
    lines = [f"# {rubric.title}: scorecard", "", "Candidate:   Interviewer:   Date:   Round:", ""]
    lines += [" · ".join(f"{key} {level.label}" for key, level in rubric.scale.items()), ""]
    for c in rubric.competencies:
        lines.append(f"## {c.name} ({c.weight.normalize():f} %{', must-have' if c.must_have else ''})")
        lines += [f"- **{level}** {text}" for level, text in c.anchors.items()]
        lines += ["", "Score: " + " ".join(f"[ ] {key}" for key in rubric.scale), "", "Evidence:", ""]
    lines += [
        "## Overall",
        "[ ] strong no [ ] no [ ] yes [ ] strong yes [ ] no decision",
        "",
        "Strengths:",
        "",
        "Concerns:",
        "",
    ]
    lines += ["## During the call", *(f"- [ ] {name}: {text}" for name, text in checklist(rubric)), ""]
    return "\n".join(lines)


def checklist(rubric: Rubric) -> list[tuple[str, str]]:
    """What to listen for: a competency's own list, or the behaviour of its highest anchor."""
    return [
        (c.name, text) for c in rubric.competencies for text in c.listen_for or tuple(list(c.anchors.values())[-1:])
    ]
