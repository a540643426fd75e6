"""Calibration sessions and accuracy as pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from scene import Scene

from pipeline import rubrics
from pipeline.actions import calibrating, sessions
from pipeline.web.site import Site

As = Callable[[str], TestClient]
HOSTILE = "<script>alert(1)</script>"
FIRST_SET = sorted((Path(__file__).resolve().parents[3] / "rubrics" / "samples").glob("*.jsonl"))[0]


def next_sample(client: TestClient, which: str = "csm-2-5y") -> str:
    found = re.search(r'name="sample" value="(\w+)"', client.get(f"/calibrate/{which}").text)
    assert found
    return found.group(1)


def score(client: TestClient, times: int, level: int = 3) -> None:
    for _ in range(times):
        client.post("/calibrate/csm-2-5y", data={"sample": next_sample(client), "level": str(level)})


def test_samples_come_one_by_one_without_their_key(scene: Scene, as_: As) -> None:
    ann = as_("ann")
    assert "No results yet" in ann.get("/calibrate").text
    text = ann.get("/calibrate/csm-2-5y").text
    assert "Sample 1 of 15" in text
    assert '"level": ' not in text
    assert " key " not in text.replace("the key is shown", "")
    first = next_sample(ann)
    assert "Sample 2 of 15" in ann.post("/calibrate/csm-2-5y", data={"sample": first, "level": "4"}).text
    assert "Sample 2 of 15" in ann.post("/calibrate/csm-2-5y", data={"sample": first, "level": "1"}).text
    ratings = calibrating.results(scene.desk("ann")).raters
    assert (ratings[0].n, ratings[0].rater) == (1, scene.people["ann"].id)
    score(ann, 14)
    assert "All 15 scored" in ann.get("/calibrate/csm-2-5y").text
    assert "done this month" in ann.get("/calibrate").text


def test_results_show_the_room_to_leads_and_ones_own_line_to_others(scene: Scene, as_: As) -> None:
    score(as_("ann"), 6, 1)
    score(as_("bob"), 6, 5)
    text = as_("lead").get("/calibrate").text
    assert "ann and bob" in text or "bob and ann" in text
    assert "split the room; they are shown when you have scored them" in text
    assert "Samples that split the room" in text
    own = as_("bob").get("/calibrate").text.split("<main")[1]
    assert "ann" not in re.sub(r"<[^>]*>", " ", own).replace("cannot", "").split()
    score(as_("lead"), 3)
    assert "Levels given" in as_("lead").get("/calibrate").text


def test_sample_that_comes_again_this_month_is_not_shown_with_its_key(scene: Scene, as_: As, site: Site) -> None:
    folder = site.settings.data / "samples"
    coming = calibrating.session(
        calibrating.read_samples(sessions._files(folder)[0][0]), sessions.month_of(scene.desk("lead"))
    )
    for name, level in (("ann", 1), ("lead", 5)):
        calibrating.rate_sample(scene.desk(name), coming[0], level, "2020-01")
    found = sessions.room(scene.desk("lead"), folder)
    assert (found.split, found.waiting) == ((), 1)
    sessions.score(scene.desk("lead"), folder, "csm-2-5y", coming[0].id, 5)
    assert len(sessions.room(scene.desk("lead"), folder).split) == 1


def test_wrong_levels_samples_and_people_are_refused(scene: Scene, as_: As) -> None:
    ann = as_("ann")
    for level in ("0", "6", "x", "", "3.5"):
        answer = ann.post("/calibrate/csm-2-5y", data={"sample": next_sample(ann), "level": level})
        assert answer.status_code == 422
    assert ann.post("/calibrate/csm-2-5y", data={"sample": "nothing", "level": "3"}).status_code == 404
    assert ann.get("/calibrate/..%2f..%2fetc").status_code == 404
    for path in ("/calibrate", "/calibrate/csm-2-5y", "/accuracy"):
        assert as_("aud").get(path).status_code == 403


def test_team_adds_its_own_samples_and_bad_files_leave_nothing(scene: Scene, as_: As, site: Site) -> None:
    lines = [{"rubric": HOSTILE, "competency": HOSTILE, "level": n % 5 + 1, "text": f"{HOSTILE} {n}"} for n in range(9)]
    good = "\n".join(map(json.dumps, lines)).encode()
    assert as_("ann").post("/calibrate/samples", files={"file": ("x.jsonl", good)}).status_code == 403
    lead = as_("lead")
    deep = b'{"competency": "c", "level": 3, "text": ' + b"[" * 100_000
    for wrong in (b"", b"nonsense", b'{"level": 9}', b"\xff\xfe", deep, b"[]", b"{}", b'"text"'):
        assert lead.post("/calibrate/samples", files={"file": ("x.jsonl", wrong)}).status_code in (400, 422)
    assert not list((site.settings.data / "samples").glob("*"))
    assert lead.post("/calibrate/samples", files={"file": ("../../x", good)}).status_code == 200
    assert lead.post("/calibrate/samples", files={"file": ("x", good)}).status_code == 409
    (kept,) = (site.settings.data / "samples").glob("*")
    for page in ("/calibrate", f"/calibrate/{kept.stem}"):
        text = lead.get(page).text
        assert HOSTILE not in text
        assert "&lt;script&gt;" in text


def test_bundled_samples_are_graded_by_bundled_rubrics(scene: Scene, site: Site) -> None:
    found = sessions.sets(scene.desk("ann"), site.settings.data / "samples")
    assert [each.rubric for each in found] == ["csm-2-5y", "senior-csm"]
    assert {each.rubric for each in found} <= set(rubrics.bundled())


def test_accuracy_compares_drafts_with_blind_scores(scene: Scene, as_: As) -> None:
    assert "Nothing to compare yet" in as_("lead").get("/accuracy").text
    scene.analyse()
    scene.submit("ann", {"c1": 3, "c2": 4, "c3": 1})
    text = as_("lead").get("/accuracy").text
    assert "<svg" in text
    assert ">c1<" in text
    assert "33 %" in text
    assert "How interviews are held" in text
    assert "33 %" in as_("lead").get("/accuracy", params={"job": scene.job.id}).text
    assert "These are your own scores" in as_("ann").get("/accuracy").text


def test_accuracy_gives_no_draft_away_to_who_has_yet_to_rate(scene: Scene, as_: As) -> None:
    scene.analyse()
    scene.submit("ann", {"c1": 3, "c2": 4, "c3": 1})
    assert "Nothing to compare yet" in as_("bob").get("/accuracy").text


def test_trend_of_every_person_is_drawn_over_the_months(scene: Scene, as_: As) -> None:
    samples = calibrating.read_samples(FIRST_SET)[:6]
    for name, months in (("ann", ("2026-09", "2026-10")), ("bob", ("2026-10",))):
        for month in months:
            for sample in samples:
                off = 2 if month == "2026-09" else 0
                level = sample.level - off if sample.level > off else sample.level + off
                calibrating.rate_sample(scene.desk(name), sample, level, month)
    text = as_("lead").get("/calibrate").text
    assert 'aria-label="ann: mean distance from the key by month: 2026-09 2.00 of 6, 2026-10 0.00 of 6"' in text
    assert 'aria-label="bob: mean distance from the key by month: 2026-10 0.00 of 6"' in text
    assert "nearer to the key than in 2026-09" in text
    own = as_("ann").get("/calibrate").text
    assert "Mean distance from the key by month: 2026-09 2.00 of 6, 2026-10 0.00 of 6" in own
    assert "bob" not in own
