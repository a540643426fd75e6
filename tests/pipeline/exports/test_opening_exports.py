"""CSV, JSON, HTML, data frames and blank scorecards: the same report, nothing computed, nothing that runs."""

import csv
import io
import re

import pytest
from builders import NOON, a_review, a_rubric
from test_workbook import report

from models.decision import OpeningReport
from pipeline import rubrics
from pipeline.exports import cells, frames, html
from pipeline.exports import csv as tables
from pipeline.exports import json as documents
from pipeline.judgement import review as steps

EVIL = '=cmd|"/c calc"!A1<script>alert(1)</script>'


@pytest.fixture
def made():
    rubric = a_rubric(must=(1,))
    card = steps.note(a_review(rubric, {"c1": 4, "c2": None, "c3": 5}), "c1", EVIL)
    done, scores = steps.submit(card, NOON)
    return report(
        rubric.model_copy(update={"missing": "renormalise"}), {"k": scores}, names={"k": EVIL}, reviews=[done]
    )


def test_csv_has_a_line_for_each_score_and_runs_nothing(made):
    lines = list(csv.DictReader(io.StringIO(tables.table(made))))
    assert [(x["competency"], x["score"], x["choice"]) for x in lines] == [
        ("c1", "4", "own"), ("c2", "", "not-assessed"), ("c3", "5", "own"),
    ]  # fmt: skip
    assert lines[0]["total"] == "4.29", "(50 * 4 + 20 * 5) / 70"
    for line in lines:
        assert not any(cells.dangerous(v) for v in line.values())
    assert lines[0]["candidate"] == "'" + EVIL


def test_json_reads_back_to_the_same_report(made):
    assert OpeningReport.model_validate_json(documents.document(made)) == made


def test_html_shows_everything_and_runs_nothing(made):
    page = html.page(made)
    assert "<script" not in page
    assert "4.29" in page
    assert "said so" in page
    assert not re.search(r"(src|href)=", page)


def test_frames_hold_numbers_as_numbers(made):
    scores, totals = frames.scores(made), frames.totals(made)
    assert scores["score"].sum() == 9
    assert totals.loc[0, "total"] == pytest.approx(4.29)
    empty = made.model_copy(update={"candidates": ()})
    assert list(frames.scores(empty).columns) == list(tables.HEADS)
    assert len(frames.totals(empty)) == 0


@pytest.mark.parametrize("name", ["csm-2-5y", "senior-csm"])
def test_blank_scorecards_hold_the_whole_rubric(name):
    rubric = rubrics.load(name)
    for text in (html.blank_html(rubric), html.blank_markdown(rubric)):
        plain = text.replace("&amp;", "&").replace("&#x27;", "'").replace("&quot;", '"')
        for c in rubric.competencies:
            assert c.name in plain
            assert all(anchor in plain for anchor in c.anchors.values())
        assert "During the call" in plain


def test_times_are_shown_as_places_in_a_recording():
    assert [cells.clock(s) for s in (None, 0, 65.9, 3725)] == ["", "0:00", "1:05", "1:02:05"]
