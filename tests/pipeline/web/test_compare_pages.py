"""Candidates side by side: the heatmap, its filters, and two with their evidence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from builders import a_rubric
from fastapi.testclient import TestClient
from scene import Scene

from pipeline.actions import openings
from pipeline.web.site import Site

As = Callable[[str], TestClient]


@pytest.fixture
def two(scene: Scene) -> tuple[str, str]:
    """Zelda, whom ann and bob rate differently, and somebody weak."""
    scene.submit("ann", {"c1": 5, "c2": 4, "c3": 4})
    scene.submit("bob", {"c1": 3, "c2": 4, "c3": 4})
    weak = scene.add_candidate("Weak <i>One</i>")
    scene.submit("ann", {"c1": 1, "c2": 2, "c3": 1}, scene.add_interview(weak, reviewers=()))
    return scene.candidate.id, weak.id


def test_every_cell_has_its_number_and_totals_their_interval(scene: Scene, as_: As, two: tuple[str, str]) -> None:
    assert "CSM" in as_("lead").get("/compare").text
    text = as_("lead").get(f"/compare/{scene.job.id}").text
    assert 'class="heat h4">4.00<span class="small">↕ 2</span>' in text
    assert "4.00</strong>" in text
    assert "90 % interval" in text
    assert "✗ disqualified" in text
    assert "Weak &lt;i&gt;One&lt;/i&gt;" in text
    assert text.index("Zelda") < text.index("Weak")


def test_filters_narrow_the_list_and_bad_ones_are_refused(scene: Scene, as_: As, two: tuple[str, str]) -> None:
    lead, where = as_("lead"), f"/compare/{scene.job.id}"
    text = lead.get(where, params={"outcome": "disqualified"}).text
    assert "Weak" in text
    assert "Zelda" not in text
    assert "Zelda" in lead.get(where, params={"rule": "0", "state": "met"}).text
    assert "No candidate fits" in lead.get(where, params={"name": "nobody"}).text
    for wrong in ({"outcome": "great"}, {"rule": "x", "state": "met"}, {"rule": "-1"}):
        assert lead.get(where, params=wrong).status_code == 400
    for wrong in ({"page": "0"}, {"page": "x"}, {"page": "9" * 99}):
        assert lead.get(where, params=wrong).status_code == 422
    assert "no such page" in lead.get(where, params={"page": "7"}).text


def test_two_are_read_side_by_side(scene: Scene, as_: As, two: tuple[str, str]) -> None:
    lead, where = as_("lead"), f"/compare/{scene.job.id}/pair"
    text = lead.get(where, params={"a": two[0], "b": two[1]}).text
    assert text.count("said so") == 9
    assert lead.get(where, params={"a": two[0], "b": two[0]}).status_code == 400
    assert lead.get(where, params={"a": two[0], "b": "0" * 32}).status_code == 404
    elsewhere = openings.create_job(scene.desk("lead"), "Other", scene.rubric)
    assert lead.get(f"/compare/{elsewhere.id}/pair", params={"a": two[0], "b": two[1]}).status_code == 400


def test_who_may_not_rank_compares_nothing(scene: Scene, as_: As, two: tuple[str, str]) -> None:
    for name in ("ann", "bob", "aud"):
        for path in (
            "",
            f"/{scene.job.id}",
            f"/{scene.job.id}/pair?a={two[0]}&b={two[1]}",
            f"/{scene.job.id}/export/csv",
        ):
            assert as_(name).get(f"/compare{path}").status_code == 403


def test_whom_one_has_yet_to_rate_blind_has_neither_name_nor_scores(
    site: Site, sign_in: Callable[..., TestClient]
) -> None:
    scene = Scene(site.store, rubric=a_rubric(blind=True))
    held = scene.add_interview(scene.candidate, reviewers=("bob", "lead"))
    scene.submit("ann", {"c1": 5, "c2": 5, "c3": 5}, held)
    lead = sign_in(scene.people["lead"])
    text = lead.get(f"/compare/{scene.job.id}").text
    assert "Zelda" not in text
    assert "5.00" not in text
    assert "Hidden until your own review is in" in text
    assert "No candidate fits" in lead.get(f"/compare/{scene.job.id}", params={"name": "zelda"}).text


def test_empty_opening_says_what_to_do(scene: Scene, as_: As) -> None:
    fresh = openings.create_job(scene.desk("lead"), "Fresh", scene.rubric)
    assert "no candidates yet" in as_("lead").get(f"/compare/{fresh.id}").text
    assert as_("lead").get("/compare/nothing").status_code == 404


def test_opening_leaves_as_a_file(scene: Scene, as_: As, two: tuple[str, str]) -> None:
    answer = as_("lead").get(f"/compare/{scene.job.id}/export/csv")
    assert "Zelda Quux" in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
