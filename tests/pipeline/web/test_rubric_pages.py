"""Rubrics as pages: read, versions, differences, editing with lint, files, and moving an opening."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from scene import Scene

from pipeline import rubrics
from pipeline.actions import drafting, openings
from pipeline.web.changes import pieces
from pipeline.web.site import Site

As = Callable[[str], TestClient]
HOSTILE = "</textarea><script>alert(1)</script>"


@pytest.fixture
def scene(site: Site) -> Scene:
    return Scene(site.store, rubric=rubrics.load("csm-2-5y"))


def changed(scene: Scene) -> str:
    """The scene's rubric as YAML with another anchor."""
    return rubrics.to_yaml(scene.rubric).replace("fails to maintain", "forgets to keep up")


def test_list_and_reading_are_open_to_everyone_who_rates(scene: Scene, as_: As) -> None:
    for name in ("ann", "bob", "lead"):
        text = as_(name).get("/rubrics").text
        assert "Customer Success Manager" in text
        assert "senior-csm" in text
        assert ("Write a new rubric" in text) == (name == "lead")
    where = f"/rubrics/csm-2-5y/{scene.rubric.version}"
    text = as_("ann").get(where).text
    for competency in scene.rubric.competencies:
        assert competency.name.replace("&", "&amp;") in text
    assert as_("ann").get(f"/rubrics/senior-csm/{rubrics.load('senior-csm').version}").status_code == 200
    assert as_("ann").get("/rubrics/csm-2-5y/nothing").status_code == 404
    assert as_("aud").get("/rubrics").status_code == 403
    assert as_("aud").get(where).status_code == 403


def test_only_leads_and_admins_write(scene: Scene, as_: As) -> None:
    ann = as_("ann")
    assert ann.get("/rubrics/new").status_code == 403
    assert ann.post("/rubrics/new", data={"text": changed(scene), "save": "yes"}).status_code == 403
    assert ann.post("/rubrics/new", data={"text": "nonsense", "save": "yes"}).status_code == 403
    assert ann.post("/rubrics/import", files={"file": ("x.yaml", b"id: x")}).status_code == 403
    assert ann.post("/api/rubrics/lint", json={"text": "id: x"}).status_code == 403
    assert ann.get(f"/rubrics/csm-2-5y/{scene.rubric.version}/move").status_code == 403


def test_lint_answers_with_line_and_remedy(scene: Scene, as_: As) -> None:
    lead = as_("lead")
    good = lead.post("/api/rubrics/lint", json={"text": rubrics.to_yaml(scene.rubric)}).json()
    assert good["fits"] is True
    bad = lead.post("/api/rubrics/lint", json={"text": "id: x\ntitle: y\ncompetencies: 7\n"}).json()
    assert bad["fits"] is False
    assert bad["findings"][0]["line"] == 3
    assert bad["findings"][0]["remedy"]
    assert lead.post("/api/rubrics/lint", json={"txt": 1}).status_code == 422


def test_check_shows_what_a_change_touches_before_anything_is_saved(scene: Scene, as_: As) -> None:
    lead = as_("lead")
    levels = {c.id: 3 for c in scene.rubric.competencies}
    scene.submit("ann", levels)
    data = {"text": changed(scene), "base": f"csm-2-5y@{scene.rubric.version}"}
    text = lead.post("/rubrics/new", data=data).text
    assert "<del>fails</del>" in text
    assert "1 submitted one" in text
    assert "customer-relationship-management" in text
    assert lead.get("/rubrics").text.count(">Edit<") == 1


def test_saved_version_is_compared_and_an_opening_moved_to_it(scene: Scene, as_: As) -> None:
    lead = as_("lead")
    answer = lead.post("/rubrics/new", data={"text": changed(scene), "save": "yes"})
    assert answer.status_code == 200
    version = str(answer.url).split("?")[0].rsplit("/", 1)[1]
    again = lead.post("/rubrics/new", data={"text": changed(scene), "save": "yes"})
    assert again.status_code == 409
    assert "stored already" in again.text
    where = f"/rubrics/csm-2-5y/compare?old={scene.rubric.version}&new={version}"
    assert "<ins>forgets</ins>" in lead.get(where).text
    assert lead.get(f"/rubrics/csm-2-5y/compare?old={version}").status_code == 400
    text = lead.get(f"/rubrics/csm-2-5y/{version}/move").text
    assert "Move CSM to this version" in text
    move = {"job": scene.job.id, "seen": str(scene.job.version)}
    assert lead.post(f"/rubrics/csm-2-5y/{version}/move", data=move).status_code == 200
    assert openings.jobs(scene.desk("lead"))[0].rubric.version == version
    assert lead.post(f"/rubrics/csm-2-5y/{scene.rubric.version}/move", data=move).status_code == 409


def test_import_opens_the_editor_and_stores_nothing(scene: Scene, as_: As) -> None:
    lead = as_("lead")
    text = lead.post("/rubrics/import", files={"file": ("mine.yaml", changed(scene).encode())}).text
    assert "forgets to keep up" in text
    assert len(lead.get("/rubrics").text.split("csm-2-5y@")) == 2
    for wrong in (b"\xff\xfe\x00", b"a\0b", b"x" * 2_000_001):
        assert lead.post("/rubrics/import", files={"file": ("x.yaml", wrong)}).status_code in (413, 422)
    hostile = lead.post("/rubrics/import", files={"file": (HOSTILE, HOSTILE.encode())})
    assert hostile.status_code == 200
    assert "<script>alert" not in hostile.text


@pytest.mark.parametrize("kind", ["yaml", "xlsx", "html", "md"])
def test_files_of_a_rubric(scene: Scene, as_: As, kind: str) -> None:
    answer = as_("ann").get(f"/rubrics/csm-2-5y/{scene.rubric.version}/file.{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    if kind == "yaml":
        assert rubrics.load_text(answer.text).version == scene.rubric.version
    assert as_("ann").get(f"/rubrics/csm-2-5y/{scene.rubric.version}/file.exe").status_code == 404


def test_skeleton_and_starting_points_fit_the_format(scene: Scene, as_: As) -> None:
    lead = as_("lead")
    assert lead.get("/rubrics/new").status_code == 200
    assert not [f for f in rubrics.lint_text(drafting.EMPTY) if f.severity == "error"]
    assert "senior-csm" in lead.get("/rubrics/new", params={"base": "senior-csm"}).text
    assert lead.get("/rubrics/new", params={"base": "../../etc/passwd"}).status_code == 404


def test_difference_is_shown_word_by_word() -> None:
    assert pieces("one two three", "one four three") == [
        ("same", "one "),
        ("gone", "two"),
        ("new", "four"),
        ("same", " three"),
    ]
    long = "word " * 3000
    assert pieces(long, long + "x") == [("gone", long), ("new", long + "x")]


def test_comments_of_who_wrote_a_rubric_survive_saving_and_come_back(scene: Scene, as_: As) -> None:
    lead = as_("lead")
    text = "# Agreed with the team in May.\n" + changed(scene)
    saved = lead.post("/rubrics/new", data={"text": text.replace("\n", "\r\n"), "save": "1"}, follow_redirects=False)
    place = saved.headers["location"].split("?")[0]
    assert lead.get(f"{place}/file.yaml").text.rstrip() == text.rstrip()
    name, version = place.split("/")[-2:]
    assert "# Agreed with the team in May." in lead.get(f"/rubrics/new?base={name}@{version}").text
    again = lead.post("/rubrics/new", data={"text": text, "save": "1"})
    assert "stored already" in again.text
    other = text.replace("in May", "in June")
    moved = lead.post("/rubrics/new", data={"text": other, "save": "1"}, follow_redirects=False)
    assert moved.headers["location"].split("?")[0] == place, "a comment makes no other version"
    assert "in June" in lead.get(f"{place}/file.yaml").text
