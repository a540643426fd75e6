"""The pages of a candidate: scorecard, debrief, decision, and what may leave."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import openpyxl
import pytest
from builders import an_analysis
from fastapi.testclient import TestClient
from scene import Scene

from pipeline.actions import analyses, deleting, sending

GOOD = {"c1": 4, "c2": 4, "c3": 4}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
As = Callable[[str], TestClient]


def test_scorecard_shows_confirmed_scores_with_their_arithmetic_and_rules(scene: Scene, as_: As) -> None:
    scene.submit("ann", {"c1": 5, "c2": 4, "c3": 3})
    scene.submit("bob", {"c1": 4, "c2": 4, "c3": 3})
    text = as_("lead").get(f"/candidates/{scene.candidate.id}").text
    assert "(5 + 4) / 2 = 4.5" in text or "(4 + 5) / 2 = 4.5" in text
    assert "4.05" in text
    assert "Skill 1 is a must-have" in text
    assert "✓ met" in text
    assert "said so" in text


def test_page_without_a_review_says_what_comes(scene: Scene, as_: As) -> None:
    for path in ("", "/debrief"):
        answer = as_("lead").get(f"/candidates/{scene.candidate.id}{path}")
        assert answer.status_code == 200
        assert "Nobody has submitted a review yet" in answer.text


def test_scores_of_others_are_not_in_the_bytes_before_ones_own(scene: Scene, as_: As) -> None:
    scene.analyse()
    scene.submit("bob", GOOD)
    for path in ("", "/debrief"):
        text = as_("ann").get(f"/candidates/{scene.candidate.id}{path}").text
        assert "stay hidden until yours are in" in text
        assert "said so" not in text
        assert "4.00" not in text
        assert "SECRET" not in text
    scene.submit("ann", GOOD)
    assert "4.00" in as_("ann").get(f"/candidates/{scene.candidate.id}").text


def test_strangers_get_403_and_a_deleted_candidate_404_with_words(scene: Scene, as_: As) -> None:
    for path in ("", "/debrief"):
        for name in ("eve", "aud"):
            assert as_(name).get(f"/candidates/{scene.candidate.id}{path}").status_code == 403
    deleting.delete_candidate(scene.desk("admin"), scene.candidate.id)
    for path in ("", "/debrief", "/export/xlsx"):
        answer = as_("lead").get(f"/candidates/{scene.candidate.id}{path}")
        assert answer.status_code == 404
        assert "deleted" in answer.text


def test_lead_decides_with_a_reason_and_nobody_else_can(scene: Scene, as_: As) -> None:
    scene.submit("ann", GOOD)
    where = f"/candidates/{scene.candidate.id}/decide"
    refused = as_("ann").post(where, data={"outcome": "hire", "reason": "yes"})
    assert refused.status_code == 403
    empty = as_("lead").post(where, data={"outcome": "maybe", "reason": "typed <b>words</b>"})
    assert empty.status_code == 400
    assert "typed &lt;b&gt;words&lt;/b&gt;" in empty.text
    done = as_("lead").post(where, data={"outcome": "hire", "reason": "Strong on accounts"})
    assert done.status_code == 200
    assert "Strong on accounts" in done.text
    assert "Hire</strong>, total 4.00" in done.text
    assert "Strong on accounts" not in as_("ann").get(f"/candidates/{scene.candidate.id}").text


def test_hire_waits_until_the_disagreement_is_settled(scene: Scene, as_: As) -> None:
    scene.submit("ann", {"c1": 5, "c2": 4, "c3": 4})
    scene.submit("bob", {"c1": 2, "c2": 4, "c3": 4})
    lead, where = as_("lead"), f"/candidates/{scene.candidate.id}"
    assert lead.post(f"{where}/decide", data={"outcome": "hire", "reason": "now"}).status_code == 409
    assert "2 to 5" in lead.get(f"{where}/debrief").text
    assert lead.post(f"{where}/settle", data={"competency": "c1", "reason": "x"}).status_code == 400
    done = lead.post(f"{where}/settle", data={"competency": "c1", "kind": "debrief", "reason": "Bob heard of Riga"})
    assert "Bob heard of Riga" in done.text
    assert lead.post(f"{where}/decide", data={"outcome": "hire", "reason": "now"}).status_code == 200
    assert "settle" not in as_("ann").get(f"{where}/debrief").text.split("<main")[1].split("settled")[0]


def test_draft_stands_in_the_debrief_beside_people_and_not_in_the_average(scene: Scene, as_: As) -> None:
    scene.analyse()
    scene.submit("ann", {"c1": 5, "c2": 5, "c3": 5})
    text = as_("lead").get(f"/candidates/{scene.candidate.id}/debrief").text
    assert "Draft, not counted" in text
    assert "Draft and ann" in text or "ann and Draft" in text
    assert 'class="heat h5">5.00' in text


def test_quotes_link_to_their_turn_and_play_only_with_a_recording(scene: Scene, as_: As) -> None:
    scene.analyse()
    scene.submit("ann", GOOD)
    text = as_("lead").get(f"/candidates/{scene.candidate.id}").text
    assert f'href="/interviews/{scene.interview.id}#t1"' in text
    assert "data-media" not in text


@pytest.mark.parametrize("kind", ["xlsx", "csv", "json", "html"])
def test_exports_leave_only_with_a_confirmed_card_and_only_for_those_allowed(scene: Scene, as_: As, kind: str) -> None:
    where = f"/candidates/{scene.candidate.id}/export/{kind}"
    assert as_("lead").get(where).status_code == 409
    scene.submit("ann", GOOD)
    answer = as_("lead").get(where)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == (f'attachment; filename="debrief-{scene.candidate.id[:8]}.{kind}"')
    if kind == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames
    else:
        assert "Zelda Quux" in answer.text
    assert as_("ann").get(where).status_code == 403
    assert as_("lead").get(where[:-1] + "?").status_code == 404


def test_greenhouse_file_of_a_submitted_review(scene: Scene, as_: As) -> None:
    review = scene.submit("ann", GOOD)
    answer = as_("lead").get(f"/candidates/{scene.candidate.id}/greenhouse/{review.id}")
    assert answer.json()["interviewer"] == "ann"
    assert as_("ann").get(f"/candidates/{scene.candidate.id}/greenhouse/{review.id}").status_code == 403
    assert as_("lead").get(f"/candidates/{scene.candidate.id}/greenhouse/nothing").status_code == 404


def test_scorecard_is_sent_only_with_the_box_ticked(scene: Scene, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(sending, "_post", lambda url, body, token: (sent.append(url), 200)[1])
    review = scene.submit("ann", GOOD)
    fields = {"system": "lever", "template": "t", "perform_as": "p", "target": "o",
              "competencies": {"c1": "f1", "c2": "f2", "c3": "f3"}, "levels": {1: 1, 2: 2, 3: 3, 4: 4, 5: 4}}  # fmt: skip
    lead, where = as_("lead"), f"/candidates/{scene.candidate.id}/send/{review.id}"
    assert "Nothing leaves before" in lead.get(where).text
    assert lead.post(where, data={"fields": "{}"}).status_code == 400
    checked = lead.post(where, data={"fields": json.dumps(fields), "token": "hush"})
    assert "Nothing has left yet" in checked.text
    assert "4 and 5 both become 4" in checked.text
    assert "hush" not in checked.text
    assert sent == []
    assert "Sent (200)" in lead.post(where, data={"fields": json.dumps(fields), "token": "hush", "sure": "yes"}).text
    assert len(sent) == 1
    assert "scorecard sent to Lever" in lead.get(f"/candidates/{scene.candidate.id}").text
    assert as_("ann").get(where).status_code == 403


def test_hostile_words_stay_words(scene: Scene, as_: As) -> None:
    person = scene.add_candidate(HOSTILE)
    held = scene.add_interview(person)
    made = an_analysis(scene.rubric)
    said = made.model_copy(
        update={
            "turns": tuple(
                t.model_copy(update={"text": t.text + HOSTILE}) if t.role == "candidate" else t for t in made.turns
            ),
            "drafts": tuple(
                d.model_copy(update={"evidence": tuple(e.model_copy(update={"quote": HOSTILE}) for e in d.evidence)})
                for d in made.drafts
            ),
        }
    )
    analyses.attach_analysis(scene.desk("ann"), held.id, said)
    scene.submit("ann", {"c1": 5, "c2": 5, "c3": 5}, held)
    scene.submit("bob", {"c1": 1, "c2": 5, "c3": 5}, held)
    for path in ("", "/debrief"):
        text = as_("lead").get(f"/candidates/{person.id}{path}").text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text


def test_panel_of_twenty_is_shown_whole(scene: Scene, as_: As) -> None:
    for _ in range(10):
        held = scene.add_interview(scene.candidate)
        scene.submit("ann", GOOD, held)
        scene.submit("bob", GOOD, held)
    scene.submit("ann", GOOD)
    answer = as_("lead").get(f"/candidates/{scene.candidate.id}")
    assert answer.text.count("rater-head") == 21
    assert "21 of 22" in answer.text
