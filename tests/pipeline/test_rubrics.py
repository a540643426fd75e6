"""Rubric files: what loads, what is refused, and how well the refusal says where and what to do."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import rubrics
from pipeline.errors import DebriefError, RubricError

CORPUS = Path(__file__).parents[2] / "fixtures" / "corpus" / "rubrics"

GOOD = """\
id: barista
title: Barista
competencies:
  - id: coffee
    name: Coffee
    weight: 40
    anchors:
      1: Burns the milk.
      3: Pulls a good shot.
      5: Wins prizes.
  - id: guests
    name: Guests
    weight: 40
    anchors: {"1-2": Ignores guests., "3": Serves guests., "4": Knows guests., "5": Brings guests back.}
  - id: till
    name: Till
    weight: 20
    anchors: {"1": Miscounts., "3": Counts., "5": Finds leaks.}
questions:
  - id: q1
    text: Tell me about a busy morning.
    category: Behavioral
    evaluates: [coffee, guests]
    probes: ["Who helped?"]
  - {id: q2, text: "How do you close the till?", evaluates: [till]}
rules:
  - {kind: count_at_least, level: 4, count: 2}
"""


def _file(folder: Path, text: str, name: str = "rubric.yaml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def _line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_load_reads_a_rubric_by_id_by_path_and_from_json(tmp_path: Path) -> None:
    """An id and a path are equal ways in, and JSON says the same as YAML."""
    assert rubrics.load("csm-2-5y").title == "Customer Success Manager"
    from_yaml = rubrics.load(_file(tmp_path, GOOD))
    from_json = rubrics.load(_file(tmp_path, json.dumps(yaml.safe_load(GOOD), indent="\t"), "rubric.json"))
    assert from_yaml == from_json
    assert from_yaml.questions[0].category == "behavioral"
    assert list(from_yaml.competencies[0].anchors) == ["1", "3", "5"]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_load_reads_the_rubrics_of_the_corpus(path: Path) -> None:
    """The eight further roles load without a finding."""
    assert rubrics.load(path).id == path.stem
    assert rubrics.lint(path) == []


def test_load_version_ignores_layout_comments_and_key_order(tmp_path: Path) -> None:
    """The version names what a rubric says, not how the file looks."""
    data = yaml.safe_load(GOOD)
    shuffled = {key: data[key] for key in reversed(list(data))}
    shuffled["competencies"][0]["weight"] = 40.0
    one = rubrics.load(_file(tmp_path, GOOD)).version
    assert one == rubrics.load(_file(tmp_path, "# a comment\n" + yaml.safe_dump(shuffled), "b.yaml")).version
    assert one != rubrics.load(_file(tmp_path, GOOD.replace("Burns", "Spills"), "c.yaml")).version
    assert len(one) == 64


def test_load_keeps_weights_exact(tmp_path: Path) -> None:
    """12.5 % is twelve and a half, and three uneven weights still sum to 100."""
    text = GOOD.replace("weight: 40", "weight: 33.3", 1).replace("weight: 40", "weight: 46.7")
    assert [c.weight for c in rubrics.load(_file(tmp_path, text)).competencies] == [
        Decimal("33.3"), Decimal("46.7"), Decimal("20"),
    ]  # fmt: skip


@pytest.mark.parametrize("label", ["Poor", {"label": "Poor", "meaning": "Not yet"}])
def test_load_takes_a_scale_of_labels_or_of_labels_with_meanings(tmp_path: Path, label: Any) -> None:
    """Both ways to name levels are read."""
    data = yaml.safe_load(GOOD) | {"scale": {1: label, 2: "Fair", 3: "Good", 4: "Very good", 5: "Top"}}
    assert rubrics.load(_file(tmp_path, yaml.safe_dump(data))).scale["1"].label == "Poor"


def test_load_ignores_unknown_fields_with_a_warning(tmp_path: Path) -> None:
    """A field of another program does not stop the analysis; lint says where it stands."""
    path = _file(tmp_path, GOOD + "colour: green\nversion: 7\n")
    assert rubrics.load(path).version != "7"
    (finding,) = rubrics.lint(path)
    assert (finding.severity, finding.line) == ("warning", _line_of(GOOD + "colour", "colour"))


FAULTS: list[tuple[str, str, str, str]] = [
    # name, text to replace, replacement, part of the message
    ("weights", "weight: 20", "weight: 25", "sum to 105, not 100"),
    ("weight-negative", "weight: 20", "weight: -20", "is -20"),
    ("weight-nan", "weight: 20", "weight: .nan", "weight"),
    ("weight-word", "weight: 20", "weight: lots", "weight"),
    ("missing-id", "  - id: till\n    name: Till", "  - name: Till", "competencies[2].id: is missing"),
    ("duplicate-id", "id: till", "id: coffee", "'coffee' stands twice (first on line 4)"),
    ("duplicate-question", "id: q2", "id: q1", "question id 'q1' stands twice"),
    ("reserved-question", "id: q2", "id: free-1", "reserved"),
    ("duplicate-key", "title: Barista", "title: Barista\ntitle: Cook", "stands twice"),
    ("unknown-competency", "[till]", "[tills]", "'tills', which is not a competency"),
    ("order", "1: Burns the milk.\n      3: Pulls a good shot.", "3: Pulls.\n      1: Burns.", "out of order"),
    ("no-low-end", "      1: Burns the milk.\n", "", "no anchor for level 1"),
    ("no-high-end", "      5: Wins prizes.\n", "", "no anchor for level 5"),
    ("overlap", '"1-2": Ignores', '"1-3": Ignores', "overlap"),
    ("backwards", '"1-2": Ignores', '"2-1": Ignores', "is not a level"),
    ("no-such-level", "5: Wins prizes.", "6: Wins prizes.", "is not a level"),
    ("empty-anchor", "Burns the milk.", '""', "has no text"),
    ("rule-level", "level: 4, count: 2", "level: 6, count: 2", "asks for level 6"),
    ("rule-count", "level: 4, count: 2", "level: 4, count: 9", "counts 9 of 3"),
    ("rule-lacks", "level: 4, count: 2", "level: 4", "needs count"),
    ("rule-kind", "kind: count_at_least", "kind: average", "kind"),
    ("rule-competency", "kind: count_at_least, level: 4, count: 2", "kind: minimum, level: 4, competency: te", "'te'"),
    ("scale", "title: Barista", "title: Barista\nscale: {1: a, 2: b, 3: c, 4: d}", "no label for level 5"),
    ("minimum", "weight: 20", "weight: 20\n    must_have: true\n    minimum: 9", "minimum"),
    ("example", "rules:", "examples: [{name: A, scores: {tea: {score: 3}}}]\nrules:", "'tea'"),
    ("yaml", "title: Barista", "title: Barista: the best", "not valid YAML"),
    ("tab", "    weight: 20", "\tweight: 20", "not valid YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_lint_names_line_and_remedy_of_each_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Each fault is an error on a plausible line with a remedy, and load refuses the file in one line."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1) if old != "weight: 20" else GOOD.replace(old, new)
    path = _file(tmp_path, text)
    errors = [finding for finding in rubrics.lint(path) if finding.severity == "error"]
    assert any(message in finding.message for finding in errors), errors
    assert all(finding.file == path and finding.remedy and 1 <= finding.line <= text.count("\n") for finding in errors)
    with pytest.raises(RubricError) as caught:
        rubrics.load(path)
    assert f"{path}:" in caught.value.message
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_lint_points_at_the_line_of_the_fault(tmp_path: Path) -> None:
    """The line is the one to edit, in YAML and in JSON."""
    text = GOOD.replace("[till]", "[tills]")
    assert rubrics.lint(_file(tmp_path, text))[-1].line == _line_of(text, "[tills]")
    as_json = json.dumps(yaml.safe_load(text), indent=1)
    assert rubrics.lint(_file(tmp_path, as_json, "r.json"))[-1].line == _line_of(as_json, '"tills"')


@pytest.mark.parametrize(
    ("count", "severity"), [(2, "warning"), (3, None), (8, None), (9, "warning"), (10, "warning"), (11, "error")]
)
def test_lint_judges_the_number_of_competencies(tmp_path: Path, count: int, severity: str | None) -> None:
    """More than ten is an error; below three and above eight is a warning with the advice."""
    anchors = {"1": "Low.", "3": "Mid.", "5": "High."}
    entries = [{"id": f"c{n}", "name": f"C{n}", "weight": 1, "anchors": anchors} for n in range(count)]
    entries[0]["weight"] = 101 - count
    path = _file(tmp_path, json.dumps({"id": "x", "title": "X", "competencies": entries}), "x.json")
    assert [finding.severity for finding in rubrics.lint(path)] == ([severity] if severity else [])


def test_lint_warns_of_a_bank_that_leaves_something_out(tmp_path: Path) -> None:
    """A competency without a question and a question without a competency are doubtful, not wrong."""
    findings = rubrics.lint(_file(tmp_path, GOOD.replace("evaluates: [till]", "evaluates: []")))
    assert {finding.severity for finding in findings} == {"warning"}
    assert {finding.message for finding in findings} == {
        "question 'q2' evaluates no competency.", "no question evaluates 'till'.",
    }  # fmt: skip


def test_load_of_no_such_rubric_names_the_bundled_ones() -> None:
    """A misspelt id gets the list of what there is."""
    with pytest.raises(RubricError, match="csm-2-5y, senior-csm"):
        rubrics.load("csm-25y")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[" * 5000,
        b"- a\n- b\n",
        b"just words",
        b"{" * 3000,
        b'{"id": ' * 3000,
        b"a: &x [1]\nb: *x\n",
    ],
)
def test_load_refuses_what_is_no_rubric(tmp_path: Path, content: bytes) -> None:
    """Broken, hostile and foreign files give an error, never a traceback."""
    path = tmp_path / "rubric.yaml"
    path.write_bytes(content)
    with pytest.raises(RubricError):
        rubrics.load(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.integers(0, len(GOOD)),
    length=st.integers(0, 40),
    new=st.one_of(
        st.text(max_size=20),
        st.sampled_from(["{", "[", "- ", ": ", "null", "\t", "!!python/object:os.system", "1e999"]),
    ),
)
def test_lint_survives_any_edit(tmp_path: Path, where: int, length: int, new: str) -> None:
    """Whatever is typed into a rubric, lint answers with findings."""
    path = tmp_path / "rubric.yaml"
    path.write_bytes((GOOD[:where] + new + GOOD[where + length :]).encode("utf-8", "surrogatepass"))
    try:
        for finding in rubrics.lint(path):
            assert finding.message
            assert finding.line >= 1
    except DebriefError:
        pytest.fail("lint raises only where there is no file")
