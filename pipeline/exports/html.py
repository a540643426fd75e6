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
@page{margin:12mm}body{font:8.6pt/1.25 system-ui,sans-serif;margin:0 auto;max-width:190mm}
h1{font-size:13pt;margin:0 0 1mm}p{margin:.5mm 0}small{color:#444}
section{border:.2mm solid #777;border-top-width:.4mm;padding:.5mm 1.2mm;margin-top:-.2mm;break-inside:avoid}
.name span{float:right;white-space:nowrap}.anchors{display:flex;gap:2.5mm}.anchors div{flex:1;color:#333}
.note{margin:.5mm 0 0;color:#777;border-top:.2mm dotted #aaa}.second{break-before:page}ul,ol{margin:0;padding-left:4.5mm}
.second>ul{list-style:none;padding-left:1mm}.second h1{margin-top:2mm}li{break-inside:avoid}
"""
PAGE_WIDTH, PAGE_HEIGHT = 180.0, 218.0
"""Millimetres for the competencies on the first page of the smaller of A4 and letter."""
PAGE_LETTERS = 5200
"""Letters that the second page holds at the usual size."""
MIN_POINTS, ENOUGH = 5.0, 6.0
"""The smallest letters, in points, and the least room for notes on each competency, in millimetres."""


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
        f"<section><p class=name><b>{escape(c.name)}</b> {c.weight.normalize():f} %"
        f"{' · must-have' if c.must_have else ''}<span>{boxes}</span></p><div class=anchors>"
        + "".join(f"<div><b>{escape(level)}</b> {escape(text)}</div>" for level, text in c.anchors.items())
        + "</div><p class=note>Evidence</p></section>"
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
        f"<h1>{escape(rubric.title)} · scorecard</h1><p>Candidate ______________________ Interviewer "
        f"______________________ Date ____________ Round ____________</p><p><small>{scale}. Fill it within 30 minutes "
        f"after the call; a score needs a note or a quote.</small></p>{rows}"
        "<p>Overall: ☐ strong no ☐ no ☐ yes ☐ strong yes ☐ no decision</p><p>Strengths ____________________________ "
        f'Concerns ____________________________</p><div class="second"><h1>During the call</h1><ul>{listen}</ul>'
        f"{f'<h1>Questions</h1><ol>{asked}</ol>' if asked else ''}"
        f"{f'<h1>Rules</h1><ul>{rules}</ul>' if rules else ''}</div>"
    )
    return _document(f"{rubric.title} scorecard", BLANK_STYLE + _sizes(rubric), body)


def _sizes(rubric: Rubric) -> str:
    """Letters and room for notes so that a page takes what the rubric says: long rubrics print smaller."""
    points, room = 8.0, 0.0
    while points > MIN_POINTS:
        line, letter = points * 0.3528 * 1.25, points * 0.3528 * 0.53  # millimetres, of a wide typeface
        tall = 0.0
        for c in rubric.competencies:
            letters = PAGE_WIDTH / max(1, len(c.anchors)) / letter - 3
            longest = max((len(text) for text in c.anchors.values()), default=0)
            tall += 2 * line + 1.5 + line * (1 + longest // max(5, letters))
        room = (PAGE_HEIGHT - tall) / max(1, len(rubric.competencies))
        if room >= ENOUGH:
            break
        points -= 0.25
    words = sum(len(text) + 40 for _, text in checklist(rubric)) + sum(len(r.text) + 30 for r in rubric.rules)
    words += sum(len(q.text) + 20 + sum(len(p) + 30 for p in q.probes) for q in rubric.questions)
    second = max(MIN_POINTS - 1, min(8.6, 8.6 * (PAGE_LETTERS / max(1, words)) ** 0.5))
    return f"section{{font-size:{points:g}pt}}.note{{height:{max(2.5, min(14.0, room)):.1f}mm}}.second{{font-size:{second:.1f}pt}}"


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
