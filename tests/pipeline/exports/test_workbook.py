"""The workbook: what a recruiter opens, recalculated by a real spreadsheet, equals what the judgement says."""

import io
import random
import shutil
import subprocess
from decimal import Decimal

import openpyxl
import pytest
from builders import NOON, a_review, a_rubric, confirmed

from models.decision import CandidateReport, OpeningReport
from models.report import Engines
from models.rubric import Rule
from pipeline import rubrics
from pipeline.exports import xlsx
from pipeline.judgement import review as steps
from pipeline.judgement.panel import panel_report
from pipeline.judgement.ranking import rank

NEEDS_OFFICE = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="needs LibreOffice: apt-get install libreoffice-calc-nogui"
)


def report(rubric, cards, waiting=(), names=None, reviews=()):
    """An opening with those cards, by candidate."""
    places = rank(rubric, cards)
    found = tuple(
        CandidateReport(
            id=key, name=(names or {}).get(key, f"Person {key}"), reviews=tuple(reviews),
            panel=panel_report(key, rubric, scores, waiting=waiting if key == "held" else ()),
            rank=next(p for p in places if p.candidate == key),
        )
        for key, scores in cards.items()
    )  # fmt: skip
    return OpeningReport(
        job="j1", title="CSM", rubric=rubric, candidates=found, people={"ann": "Ann", "bob": "Bob"}, rounds={"i1": "first"},
        engines={"i1": Engines(transcriber="t", diarizer="d", embedder="e", scorer="s")}, made_at=NOON, audit_head="f" * 64,
    )  # fmt: skip


def recalculated(data: bytes, folder):
    """The workbook as LibreOffice computes it."""
    (folder / "in.xlsx").write_bytes(data)
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
         "--outdir", str(folder / "out"), str(folder / "in.xlsx")], check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return openpyxl.load_workbook(folder / "out" / "in.xlsx", data_only=True)


def rows_of(sheet):
    """Label in column A to the row's values from the first candidate on."""
    return {row[0]: list(row[xlsx.FIRST - 1 :]) for row in sheet.iter_rows(values_only=True) if row[0]}


def check_against(sheet, rubric, made):
    rows = rows_of(sheet)
    totals = [c.panel.result.total.total for c in made.candidates]
    shown = [None if v in (None, "") else Decimal(repr(v)).quantize(Decimal("0.01")) for v in rows["Weighted total"]]
    assert shown == totals
    labels = {"all met", "not met", "disqualified", "cannot tell"}
    assert [v for v in rows["By the rubric"] if v in labels] == [c.panel.result.outcome for c in made.candidates]
    for rule in rubric.rules:
        expected = [next(r.state for r in c.panel.result.rules if r.text == rule.text) for c in made.candidates]
        assert rows[rule.text] == expected
    ranked = [t for t in totals if t is not None]
    assert rows["Rank"] == [None if t is None else 1 + sum(o > t for o in ranked) for t in totals]


def random_cards(rubric, seed, n=25):
    chance = random.Random(seed)
    cards = {}
    for k in range(n):
        scores = []
        for interview in chance.sample(["i1", "i2", "i3"], chance.randint(1, 3)):
            for who in chance.sample(["ann", "bob", "cyd"], chance.randint(1, 3)):
                levels = {c.id: chance.choice([None, 1, 2, 3, 4, 5, 5, 4]) for c in rubric.competencies}
                levels[rubric.competencies[0].id] = chance.randint(1, 5)
                scores += confirmed(rubric, levels, who, interview)
        cards[f"k{k}"] = tuple(scores)
    return cards


@pytest.mark.service
@NEEDS_OFFICE
@pytest.mark.parametrize("missing", ["block", "renormalise"])
def test_recalculated_workbook_equals_the_judgement_to_the_cent(tmp_path, missing):
    """Twenty-five random panels with rounds, raters and gaps, rules and must-haves, halves that round up among them."""
    rules = (
        Rule(kind="count_at_least", level=4, count=2, text="two fours"),
        Rule(kind="minimum", competency="c2", level=3, text="c2 at least 3"),
        Rule(kind="total_at_least", total=Decimal("3.25"), text="total 3.25"),
    )
    rubric = a_rubric(35, 25, 15, 25, must=(1, 3), missing=missing, rules=rules)
    made = report(rubric, random_cards(rubric, 7))
    check_against(recalculated(xlsx.workbook(made), tmp_path)["Compare"], rubric, made)


@pytest.mark.service
@NEEDS_OFFICE
def test_worked_examples_of_the_seed_recalculate_exactly(tmp_path):
    rubric = rubrics.load("senior-csm")
    cards = {e.name[-12:]: confirmed(rubric, {c: s.score for c, s in e.scores.items()}) for e in rubric.examples}
    made = report(rubric, cards)
    sheet = recalculated(xlsx.workbook(made), tmp_path)["Compare"]
    check_against(sheet, rubric, made)
    assert sorted(rows_of(sheet)["Weighted total"]) == [1, 3, 5]


@pytest.mark.service
@NEEDS_OFFICE
def test_a_score_that_waits_for_its_owner_blocks_in_the_workbook_too(tmp_path):
    rubric = a_rubric(missing="renormalise", must=(2,))
    made = report(rubric, {"held": confirmed(rubric, {"c1": 4, "c2": None, "c3": 5})}, waiting=("c2",))
    check_against(recalculated(xlsx.workbook(made), tmp_path)["Compare"], rubric, made)


@pytest.mark.service
@NEEDS_OFFICE
def test_blank_scorecard_computes_what_is_typed_into_it(tmp_path):
    rubric = rubrics.load("senior-csm")
    book = openpyxl.load_workbook(io.BytesIO(xlsx.blank(rubric, 12)))
    for row in range(xlsx.HEAD + 1, xlsx.HEAD + 8):
        book["Compare"].cell(row=row, column=xlsx.FIRST).value = 3
        book["Compare"].cell(row=row, column=xlsx.FIRST + 1).value = 5 if row % 2 else 4
    out = io.BytesIO()
    book.save(out)
    rows = rows_of(recalculated(out.getvalue(), tmp_path)["Compare"])
    assert rows["Weighted total"][:3] == [3, 4.55, None]
    assert rows["Rank"][:3] == [2, 1, None]
    assert rows["Require at least two “4+” signals for Senior+ roles."][:3] == ["not met", "met", "cannot tell"]
    assert rows["By the rubric"][:3] == ["not met", "all met", "cannot tell"]


def test_drop_downs_allow_whole_levels_only():
    made = report(a_rubric(), {"k": confirmed(a_rubric(), {"c1": 4, "c2": 3, "c3": 5})})
    for data, name in ((xlsx.workbook(made), "Scores"), (xlsx.blank(a_rubric()), "Compare")):
        rule = openpyxl.load_workbook(io.BytesIO(data))[name].data_validations.dataValidation[0]
        assert (rule.type, rule.formula1) == ("list", '"1,2,3,4,5"')


def test_text_that_begins_like_a_formula_stays_text():
    """Names, notes, reasons and quotes are written by strangers."""
    rubric = a_rubric()
    evil = '=HYPERLINK("http://evil","x")'
    card = steps.note(a_review(rubric, {"c1": 4, "c2": 3, "c3": 5}), "c1", "+1+1\x07\x00")
    card = steps.conclude(card, "yes", "@SUM(A1)", "-2")
    done, scores = steps.submit(card, NOON)
    made = report(rubric, {"k": scores}, names={"k": evil}, reviews=[done])
    book = openpyxl.load_workbook(io.BytesIO(xlsx.workbook(made)))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert sheet.title == "Compare"
                    assert "HYPERLINK" not in cell.value
    assert book["Compare"].cell(row=xlsx.HEAD, column=xlsx.FIRST).value == evil
    assert book["Compare"].cell(row=xlsx.HEAD, column=xlsx.FIRST).quotePrefix
    notes = [c.value for row in book["Notes"].iter_rows() for c in row]
    assert "+1+1" in notes


def test_workbook_holds_notes_rubric_and_provenance():
    rubric = rubrics.load("csm-2-5y")
    done, scores = steps.submit(a_review(rubric, {c.id: 3 for c in rubric.competencies}), NOON)
    book = openpyxl.load_workbook(io.BytesIO(xlsx.workbook(report(rubric, {"k": scores}, reviews=[done]))))
    text = {s.title: "\n".join(str(c.value) for row in s.iter_rows() for c in row if c.value) for s in book}
    assert set(text) == {"Compare", "Scores", "Notes", "Rubric", "Provenance"}
    assert "said so" in text["Notes"]
    assert all(a in text["Rubric"] for c in rubric.competencies for a in c.anchors.values())
    assert rubric.version in text["Provenance"]
    assert "f" * 64 in text["Provenance"]
