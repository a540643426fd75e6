"""The workbook of an opening, and the blank scorecard: candidates side by side with live formulas, scores with
drop-downs.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from models.decision import CandidateReport, OpeningReport
from models.rubric import Rubric
from pipeline.exports import formulas
from pipeline.exports.cells import clean, clock, dangerous

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

HEAD = 4
"""The row of the table's heading in Compare; competencies follow below it."""
FIRST = 4
"""The first column of a candidate in Compare."""


def workbook(report: OpeningReport) -> bytes:
    """An opening as ``.xlsx``: Compare, Scores, Notes, Rubric, Provenance. Text that begins like a formula stays text."""
    book = _new()
    compare, scores = book.active, book.create_sheet("Scores")
    ranges = _scores_sheet(scores, report)
    _compare_sheet(compare, report.rubric, report.title, report.candidates, ranges)
    _notes_sheet(book.create_sheet("Notes"), report)
    _rubric_sheet(book.create_sheet("Rubric"), report.rubric)
    _provenance_sheet(book.create_sheet("Provenance"), report)
    return _bytes(book)


def blank(rubric: Rubric, columns: int = 10) -> bytes:
    """A blank scorecard of a rubric as ``.xlsx``: drop-downs 1-5 for each candidate, weights, totals, ranks and
    rules live.
    """
    book = _new()
    compare = book.active
    _compare_sheet(compare, rubric, rubric.title, [None] * columns, {})
    _checklist_sheet(book.create_sheet("During the call"), rubric)
    _rubric_sheet(book.create_sheet("Rubric"), rubric)
    return _bytes(book)


def _new() -> Any:
    from openpyxl import Workbook

    book: Workbook = Workbook()
    book.active.title = "Compare"  # type: ignore[union-attr]
    return book


def _bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(sheet: Worksheet, row: int, column: int, value: object, *, bold: bool = False, wrap: bool = False) -> None:
    from openpyxl.styles import Alignment, Font

    cell: Any = sheet.cell(row=row, column=column)
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"  # whatever it begins with, it is text
        if dangerous(value):
            cell.quotePrefix = True
    else:
        cell.value = value
    if bold:
        cell.font = Font(bold=True)
    if wrap:
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _formula(sheet: Worksheet, row: int, column: int, formula: str, number_format: str = "0.00") -> None:
    cell: Any = sheet.cell(row=row, column=column)
    cell.value = formula
    cell.number_format = number_format


def _levels(sheet: Worksheet, cells: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="list", formula1='"1,2,3,4,5"', allow_blank=True, showErrorMessage=True)
    rule.error, rule.errorTitle = "Choose a whole level from 1 to 5.", "Not on the scale"
    sheet.add_data_validation(rule)
    rule.add(cells)


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))


def _scores_sheet(sheet: Worksheet, report: OpeningReport) -> dict[tuple[str, str], list[str]]:
    """Writes every counted score into a column of its rater; returns the ranges of each candidate and competency,
    one per round.
    """
    for row, text in enumerate(("Candidate", "Round", "Rater", "As"), 1):
        _put(sheet, row, 1, text, bold=True)
    for row, competency in enumerate(report.rubric.competencies, 5):
        _put(sheet, row, 1, competency.name)
    ranges: dict[tuple[str, str], list[str]] = {}
    column = 2
    for candidate in report.candidates:
        lines = {a.competency: a.scores for a in candidate.panel.result.total.averages}
        every = sorted({(s.interview, s.reviewer, s.kind) for scores in lines.values() for s in scores})
        for interview in dict.fromkeys(i for i, _, _ in every):
            start = column
            for _, reviewer, kind in (x for x in every if x[0] == interview):
                heads = (
                    candidate.name,
                    report.rounds.get(interview, interview),
                    report.people.get(reviewer, reviewer),
                    kind,
                )
                for row, text in enumerate(heads, 1):
                    _put(sheet, row, column, text)
                for row, competency in enumerate(report.rubric.competencies, 5):
                    for s in lines[competency.id]:
                        if (s.interview, s.reviewer) == (interview, reviewer):
                            _put(sheet, row, column, s.level)
                column += 1
            for row, competency in enumerate(report.rubric.competencies, 5):
                span = f"Scores!${_letter(start)}${row}:${_letter(column - 1)}${row}"
                ranges.setdefault((candidate.id, competency.id), []).append(span)
    if column > 2:
        _levels(sheet, f"B5:{_letter(column - 1)}{4 + len(report.rubric.competencies)}")
    sheet.column_dimensions["A"].width = 36
    sheet.freeze_panes = "B5"
    return ranges


def _compare_sheet(
    sheet: Worksheet,
    rubric: Rubric,
    title: str,
    candidates: Sequence[CandidateReport | None],
    ranges: dict[tuple[str, str], list[str]],
) -> None:
    _put(sheet, 1, 1, f"{title} - {rubric.title}", bold=True)
    _put(sheet, 2, 1, "Scores are confirmed by people; averages over interviewers within a round, then over rounds.")
    for column, text in enumerate(("Competency", "Weight %", "Must-have minimum"), 1):
        _put(sheet, HEAD, column, text, bold=True)
    for row, c in enumerate(rubric.competencies, HEAD + 1):
        _put(sheet, row, 1, c.name)
        _put(sheet, row, 2, float(c.weight))
        if c.must_have:
            _put(sheet, row, 3, c.minimum if c.minimum is not None else rubric.must_have_minimum)
    last = HEAD + len(rubric.competencies)
    labels = ["Waiting for its owner", "Weighted total", "Rank", "Must-haves", *(r.text or r.kind for r in rubric.rules),
              "By the rubric", "Rank where the data can tell", "90 % interval", "Single signal", "Decision"]  # fmt: skip
    for offset, label in enumerate(labels, 1):
        _put(sheet, last + offset, 1, label, bold=True, wrap=True)
    for column, candidate in enumerate(candidates, FIRST):
        _candidate_column(sheet, rubric, column, candidate, len(candidates), ranges)
    if any(candidate is None for candidate in candidates):
        _levels(sheet, f"{_letter(FIRST)}{HEAD + 1}:{_letter(FIRST + len(candidates) - 1)}{last}")
    sheet.column_dimensions["A"].width = 40
    for column in range(2, FIRST + len(candidates)):
        sheet.column_dimensions[_letter(column)].width = 18
    sheet.freeze_panes = f"{_letter(FIRST)}{HEAD + 1}"


def _candidate_column(
    sheet: Worksheet,
    rubric: Rubric,
    column: int,
    candidate: CandidateReport | None,
    n: int,
    ranges: dict[tuple[str, str], list[str]],
) -> None:
    name, top, last = _letter(column), HEAD + 1, HEAD + len(rubric.competencies)
    averages, weights, minimums = (f"${x}${top}:${x}${last}" for x in (name, "B", "C"))
    waiting, total, must = (f"${name}${last + k}" for k in (1, 2, 4))
    _put(sheet, HEAD, column, candidate.name if candidate else f"Candidate {column - FIRST + 1}", bold=True)
    for row, c in enumerate(rubric.competencies, top):
        if candidate and (candidate.id, c.id) in ranges:
            _formula(sheet, row, column, formulas.average(ranges[candidate.id, c.id]))
    if candidate and candidate.panel.result.total.waiting:
        _put(sheet, last + 1, column, ", ".join(candidate.panel.result.total.waiting))
    everyone = f"${_letter(FIRST)}${last + 2}:${_letter(FIRST + n - 1)}${last + 2}"
    _formula(sheet, last + 2, column, formulas.total(rubric, weights, averages, waiting))
    _formula(sheet, last + 3, column, formulas.place(total, everyone), "0")
    _formula(sheet, last + 4, column, formulas.must_haves(minimums, averages))
    cells = {c.id: f"${name}${row}" for row, c in enumerate(rubric.competencies, top)}
    row = last + 4
    states = [r for r in candidate.panel.result.rules if r.kind != "must_have"] if candidate else []
    for number, item in enumerate(rubric.rules):
        row += 1
        # Whether a rule applies to the seniority does not depend on scores: it is stated, not computed.
        if states and states[number].state == "does not apply":
            _put(sheet, row, column, "does not apply")
        else:
            _formula(sheet, row, column, formulas.rule(rubric, item, weights, averages, cells, waiting))
    span = f"${name}${last + 5}:${name}${row}" if rubric.rules else None
    _formula(sheet, row + 1, column, formulas.outcome(total, must, span))
    if candidate:
        _places(sheet, row + 2, column, candidate)


def _places(sheet: Worksheet, row: int, column: int, candidate: CandidateReport) -> None:
    line = candidate.rank
    if line is not None and line.rank is not None:
        _put(sheet, row, column, f"{line.rank}, tied with {len(line.tied_with)}" if line.tied_with else f"{line.rank}")
        _put(sheet, row + 1, column, f"{line.low} to {line.high}")
    _put(sheet, row + 2, column, ", ".join(candidate.panel.single_signal) or "none")
    if candidate.decision:
        _put(sheet, row + 3, column, f"{candidate.decision.outcome}: {candidate.decision.reason}", wrap=True)


def _notes_sheet(sheet: Worksheet, report: OpeningReport) -> None:
    heads = ("Candidate", "Round", "Rater", "Competency", "Score", "How", "Reason", "Note", "Quote", "At", "From")
    for column, text in enumerate(heads, 1):
        _put(sheet, 1, column, text, bold=True)
    names = {c.id: c.name for c in report.rubric.competencies}
    row = 2
    for candidate in report.candidates:
        for review in candidate.reviews:
            who = (candidate.name, report.rounds.get(review.interview, ""), report.people.get(review.reviewer, ""))
            overall = f"Strengths: {review.strengths}  Concerns: {review.concerns}"
            total: Sequence[str | None] = (*who, "Overall", None, review.recommendation, None, overall)
            for column, cell in enumerate(total, 1):
                _put(sheet, row, column, cell, wrap=column == 8)
            row += 1
            for line in review.scores:
                quotes: list[tuple[str, str, str]] = [(q.quote, clock(q.start), q.source) for q in line.quotes]
                for number, quote in enumerate(quotes or [("", "", "")]):
                    first = number == 0
                    values = (*who, names.get(line.competency, line.competency), line.score if first else None,
                              line.choice if first else None, line.reason if first else None, line.note if first else None,
                              *quote)  # fmt: skip
                    for column, value in enumerate(values, 1):
                        _put(sheet, row, column, value, wrap=column in (7, 8, 9))
                    row += 1
    for letter, width in zip("ABCDEFGHIJK", (22, 14, 18, 34, 7, 13, 30, 44, 60, 9, 8), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


def _rubric_sheet(sheet: Worksheet, rubric: Rubric) -> None:
    for column, text in enumerate(("Competency", "Weight %", "Must-have", "Definition", "Level", "Anchor"), 1):
        _put(sheet, 1, column, text, bold=True)
    row = 2
    for c in rubric.competencies:
        for number, (level, anchor) in enumerate(c.anchors.items()):
            if number == 0:
                for column, value in enumerate(
                    (c.name, float(c.weight), "yes" if c.must_have else "", c.definition), 1
                ):
                    _put(sheet, row, column, value, wrap=True)
            _put(sheet, row, 5, level)
            _put(sheet, row, 6, anchor, wrap=True)
            row += 1
    row += 1
    for key, step in rubric.scale.items():
        for column, text in enumerate((key, step.label, step.meaning), 1):
            _put(sheet, row, column, text)
        row += 1
    for letter, width in zip("ABCDEF", (36, 22, 22, 50, 8, 90), strict=True):
        sheet.column_dimensions[letter].width = width


def _checklist_sheet(sheet: Worksheet, rubric: Rubric) -> None:
    for column, text in enumerate(("Heard", "Competency", "Listen for"), 1):
        _put(sheet, 1, column, text, bold=True)
    row = 2
    for c in rubric.competencies:
        for text in c.listen_for or tuple(list(c.anchors.values())[-1:]):
            _put(sheet, row, 1, "☐")
            _put(sheet, row, 2, c.name)
            _put(sheet, row, 3, text, wrap=True)
            row += 1
    for letter, width in zip("ABC", (8, 36, 100), strict=True):
        sheet.column_dimensions[letter].width = width


def _provenance_sheet(sheet: Worksheet, report: OpeningReport) -> None:
    rows = [
        ("Opening", report.title, report.job),
        ("Rubric", report.rubric.id, report.rubric.version),
        ("Made at", report.made_at.isoformat(timespec="seconds"), ""),
        ("Made by", report.people.get(report.made_by, report.made_by), ""),
        ("Audit log ends with", report.audit_head, ""),
        ("Scores", "Only scores that people confirmed in submitted reviews are weighed; drafts are suggestions.", ""),
    ]
    for key, engines in sorted(report.engines.items()):
        made = [engines.transcriber, engines.diarizer, engines.embedder, engines.scorer]
        rows.append((f"Drafts of {report.rounds.get(key, key)}", "; ".join(x for x in made if x), key))
    for row, values in enumerate(rows, 1):
        for column, value in enumerate(values, 1):
            _put(sheet, row, column, value)
    for letter, width in zip("ABC", (28, 90, 68), strict=True):
        sheet.column_dimensions[letter].width = width
