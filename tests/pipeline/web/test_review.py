"""The review page and its API: rate first, one's own review alone, nothing lost, nothing given away."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from builders import a_draft, a_rubric, an_analysis
from fastapi.testclient import TestClient
from scene import Scene

from models.evidence import AnchorRef, Evidence
from models.job import Interview
from models.report import Quality
from models.review import Review
from models.score import DraftScore
from models.transcript import Turn, Word
from models.user import User
from pipeline.actions import openings, reviewing
from pipeline.actions.blinding import GAP
from pipeline.web.site import HERE, Site

As = Callable[[str], TestClient]


@pytest.fixture
def signed(scene: Scene, sign_in: Callable[[User], TestClient]) -> As:
    return lambda name: sign_in(scene.people[name])


def the_review(scene: Scene, name: str, interview: Interview | None = None) -> Review:
    return reviewing.open_review(scene.desk(name), (interview or scene.interview).id)


def change(client: TestClient, review: Review | dict[str, Any], act: str, **body: Any) -> Any:
    """Sends a change at the version of that review (or of the last answer)."""
    key = review.id if isinstance(review, Review) else review["review"]["id"]
    version = review.version if isinstance(review, Review) else review["version"]
    return client.post(f"/api/reviews/{key}/{act}", json={"version": version, **body})


def a_whole_review(client: TestClient, review: Review) -> dict[str, Any]:
    """Everything that a review needs but its submission."""
    last: Any = review
    for competency in ("c1", "c2", "c3"):
        last = change(client, last, "rate", competency=competency, score=4).json()
        last = change(client, last, "note", competency=competency, text="because").json()
    return dict(change(client, last, "conclude", recommendation="yes", strengths="calm", concerns="").json())


def drafts(level: int) -> tuple[DraftScore, ...]:
    """Drafts that differ in everything that a level decides, over the same quotes."""
    polarity: Any = "+" if level > 3 else "-"
    return tuple(
        DraftScore(
            competency=f"c{n}", score=level, value=float(level), plausible=(max(1, level - 1), min(5, level + 1)),
            confidence=level / 10, calibration=f"team {level}", rationale=f"level {level} because",
            evidence=tuple(
                Evidence(turn=2 * n - 1, quote=words, start=1.0, end=2.0, polarity=polarity,
                         pull=(1 if level > 3 else -1) * (0.1 + k * level), anchor=AnchorRef(level=str(level), text=f"anchor {level}"), similarity=level / 10)
                for k, words in enumerate(("Answer number", "about zebras") if level > 3 else ("about zebras", "Answer number"))
            ),
        )
        for n in (1, 2, 3)
    )  # fmt: skip


def bare(text: str) -> str:
    """Text without what differs between any two interviews: random ids, and when the review was opened."""
    return re.sub(r'[0-9a-f]{32,64}|"opened_at":"[^"]+"', "#", text)


def test_no_byte_tells_a_high_draft_from_a_low_one_before_ones_own_score(scene: Scene, signed: As) -> None:
    """The page, its scorecard and every answer of the API are the same whatever the machine thinks."""
    other = scene.add_interview(scene.candidate)
    for interview, level in ((scene.interview, 5), (other, 1)):
        analysis = an_analysis(scene.rubric, drafts(level))
        gone = {"not_covered": ("c3",) if level == 5 else ()}
        scene.analyse(interview, analysis.model_copy(update=gone))
    bob = signed("bob")
    seen = []
    for interview in (scene.interview, other):
        answers = [bob.get(f"/api/interviews/{interview.id}").text, bob.get(f"/interviews/{interview.id}").text]
        review = the_review(scene, "bob", interview)
        answers += [
            bob.get(path).text
            for path in (
                f"/interviews/{interview.id}", f"/interviews/{interview.id}/scores", f"/api/interviews/{interview.id}",
                f"/api/interviews/{interview.id}/words", f"/api/reviews/{review.id}",
            )
        ]  # fmt: skip
        answers.append(change(bob, review, "note", competency="c1", text="hm").text)
        answers.append(change(bob, review, "rate", competency="c1", score=3).text)  # refused: the version has moved on
        seen.append([bare(text) for text in answers])
    assert sum("zebras" in text for text in seen[0]) >= 6
    for first, second in zip(*seen, strict=True):
        assert first == second


def test_a_score_opens_its_own_draft_and_no_other(scene: Scene, signed: As) -> None:
    scene.analyse(analysis=an_analysis(scene.rubric, drafts(5)))
    bob = signed("bob")
    review = the_review(scene, "bob")
    assert "level 5 because" not in bob.get(f"/interviews/{scene.interview.id}").text
    assert change(bob, review, "rate", competency="c1", score=2).status_code == 200
    page = bob.get(f"/interviews/{scene.interview.id}").text
    assert page.count("level 5 because") == 1
    shown = {d["competency"]: d for d in bob.get(f"/api/interviews/{scene.interview.id}").json()["drafts"]}
    assert shown["c1"]["score"] == 5
    assert shown["c2"].keys() == {"competency", "quotes", "hidden"}
    assert "Keep my 2" in page
    assert "Take the draft's 5" in page


def test_drafts_stand_in_view_where_the_rubric_says_so(site: Site, sign_in: Callable[[User], TestClient]) -> None:
    scene = Scene(site.store, a_rubric(rate_first=False))
    scene.analyse(analysis=an_analysis(scene.rubric, drafts(4)))
    bob = sign_in(scene.people["bob"])
    page = bob.get(f"/interviews/{scene.interview.id}").text
    assert page.count("level 4 because") == 3
    last = change(bob, the_review(scene, "bob"), "accept", competency="c1").json()
    refused = change(bob, last, "override", competency="c2", score=2)
    assert refused.status_code == 400
    assert "reason" in refused.json()["error"]
    last = change(bob, last, "override", competency="c2", score=2, reason="thin").json()
    last = change(bob, last, "dismiss", competency="c3", reason="wrong person").json()
    assert [line["choice"] for line in last["review"]["scores"]] == ["accepted", "overridden", "dismissed"]
    assert last["conduct"]["accepted_unopened"] == ["c1"]
    assert "accepted without opening evidence" in bob.get(f"/interviews/{scene.interview.id}").text


def test_who_may_open_the_page(scene: Scene, signed: As) -> None:
    scene.analyse()
    address = f"/interviews/{scene.interview.id}"
    expected = {"ann": 200, "bob": 200, "lead": 200, "admin": 200, "eve": 403, "aud": 403}
    for name, status in expected.items():
        client = signed(name)
        assert client.get(address).status_code == status, name
        assert client.get(f"/api{address}").status_code == status, name
        assert client.get(f"/api{address}/words").status_code == status, name


def test_a_review_is_changed_and_read_by_its_owner_alone(scene: Scene, signed: As) -> None:
    scene.analyse()
    review = the_review(scene, "bob")
    for name in ("ann", "lead", "admin", "eve", "aud"):
        client = signed(name)
        assert change(client, review, "rate", competency="c1", score=1).status_code == 403, name
        assert client.get(f"/api/reviews/{review.id}").status_code == 403, name
    assert the_review(scene, "bob") == review


def test_a_lead_who_does_not_rate_reads_without_forms(scene: Scene, signed: As) -> None:
    scene.analyse(analysis=an_analysis(scene.rubric, drafts(5)))
    page = signed("lead").get(f"/interviews/{scene.interview.id}").text
    assert "do not rate" in page
    assert page.count("level 5 because") == 3
    assert 'data-act="rate"' not in page


def test_another_version_of_the_review_is_a_conflict(scene: Scene, signed: As) -> None:
    scene.analyse()
    bob = signed("bob")
    review = the_review(scene, "bob")
    assert change(bob, review, "note", competency="c1", text="first window").status_code == 200
    late = change(bob, review, "note", competency="c1", text="second window")
    assert late.status_code == 409
    assert "nothing was written" in late.json()["error"]
    assert the_review(scene, "bob").score("c1").note == "first window"


def test_a_review_goes_from_open_to_submitted_and_back(scene: Scene, signed: As) -> None:
    scene.analyse()
    bob = signed("bob")
    review = the_review(scene, "bob")
    early = change(bob, review, "submit")
    assert early.status_code == 400
    assert "c1: no score yet" in early.json()["error"]
    assert "Skill 1: no score yet" in bob.get(f"/interviews/{scene.interview.id}").text
    last = a_whole_review(bob, review)
    assert last["missing"] == []
    last = change(bob, last, "submit").json()
    assert last["state"] == "submitted"
    page = bob.get(f"/interviews/{scene.interview.id}").text
    assert "Your scores count now" in page
    assert 'data-act="rate"' not in page
    assert change(bob, last, "rate", competency="c1", score=1).status_code == 409
    assert change(bob, last, "reopen").status_code == 400
    assert change(bob, last, "reopen", reason="heard it again").json()["state"] == "draft"


def test_every_step_works_by_form_without_script(scene: Scene, signed: As) -> None:
    scene.analyse()
    ann = signed("ann")
    page = f"/interviews/{scene.interview.id}"
    ann.get(page)

    def form(act: str, **fields: str) -> Any:
        version = the_review(scene, "ann").version
        return ann.post(f"{page}/review/{act}", data={"version": str(version), **fields}, follow_redirects=False)

    for n in ("1", "2", "3"):
        answer = form("rate", competency=f"c{n}", score="4")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{page}#c{n}")
        assert form("note", competency=f"c{n}", text="fine").status_code == 303
    assert form("keep", competency="c1").status_code == 303
    assert form("add-evidence", competency="c2", turn="3", quote="about zebras").status_code == 303
    assert form("leave-out", competency="c3", reason="not asked").status_code == 303
    assert form("conclude", recommendation="no", strengths="", concerns="few").status_code == 303
    assert form("rate", competency="c1", score="9").status_code == 400
    assert form("nothing").status_code == 404
    assert form("submit").status_code == 303
    done = the_review(scene, "ann")
    assert (done.state, done.recommendation, done.score("c1").choice) == ("submitted", "no", "kept")


def test_own_evidence_is_the_candidates_words_and_nothing_else(scene: Scene, signed: As) -> None:
    scene.analyse()
    bob = signed("bob")
    review = the_review(scene, "bob")
    assert change(bob, review, "add-evidence", competency="c1", turn=1, quote="never said").status_code == 400
    spoken_by_interviewer = change(bob, review, "add-evidence", competency="c1", turn=0, quote="Question 1?")
    assert "never evidence" in spoken_by_interviewer.json()["error"]
    assert change(bob, review, "add-evidence", competency="c1", turn=1, first=3, last=99).status_code == 400
    last = change(bob, review, "add-evidence", competency="c1", turn=1, first=3, last=4).json()
    added = last["review"]["scores"][0]["evidence"][-1]
    assert (added["quote"], added["source"]) == ("about zebras.", "added")
    last = change(bob, last, "remove-evidence", competency="c1", evidence=added["id"]).json()
    assert last["review"]["scores"][0]["evidence"][-1]["removed"] is True


def test_time_and_opened_evidence_are_told_to_the_reviewer(scene: Scene, signed: As) -> None:
    scene.analyse()
    bob = signed("bob")
    last = change(bob, the_review(scene, "bob"), "spend", competency="c2", seconds=75, opened=True).json()
    assert last["conduct"]["seconds"]["c2"] == 75
    assert change(bob, last, "spend", competency="c2", seconds=1e9).status_code == 422
    assert "1:15" in bob.get(f"/interviews/{scene.interview.id}").text


def test_a_correction_stands_beside_the_machines_words_and_drafts_are_scored_again(
    scene: Scene, signed: As, client: TestClient, site: Site
) -> None:
    scene.analyse()
    bob = signed("bob")
    the_review(scene, "bob")
    page = f"/interviews/{scene.interview.id}"
    fixed = {"kind": "words", "turn": 1, "text": "Answer number 1 about lions.", "reason": "misheard"}
    assert bob.post(f"/api{page}/corrections", json=fixed).json() == {"stale": ["c1"]}
    shown = bob.get(page).text
    assert "about lions" in shown
    assert "the machine had “Answer number 1 about zebras.”" in shown
    assert "bob, " in shown
    assert "The draft is out of date: words corrected" in shown
    refused = bob.post(f"/api{page}/rescore", json={})
    assert refused.status_code == 503
    fake = SimpleNamespace(score=lambda turns, answers, rubric: [a_draft("c1", 5, (1, "about lions"))])
    client.app.state.site = replace(site, scorer=fake)  # type: ignore[attr-defined]
    assert bob.post(f"/api{page}/rescore", json={}).json() == {"changed": ["c1"]}
    shown = bob.get(page).text
    assert "out of date" not in shown
    assert "SECRET" not in shown


def test_roles_speakers_and_borders_are_corrected_by_form(scene: Scene, signed: As) -> None:
    scene.analyse()
    ann = signed("ann")
    page = f"/interviews/{scene.interview.id}"
    for fields in (
        {"kind": "role", "speaker": "S2", "role": "unknown", "turn": ""},
        {"kind": "speaker", "turn": "1", "to_turn": "3", "speaker": "S3", "role": "candidate"},
        {"kind": "boundary", "turn": "3", "to_turn": "3", "question": ""},
    ):
        assert ann.post(f"{page}/corrections", data=fields, follow_redirects=False).status_code == 303
    shown = ann.get(page).text
    for line in (
        "S2 is the unknown",
        "turns 1 to 3 was said by S3 (candidate)",
        "turn 3: outside any question",
        "Candidate S3",
    ):
        assert line in shown
    assert ann.post(f"{page}/corrections", data={"kind": "words", "turn": "1", "text": ""}).status_code == 400
    assert ann.post(f"{page}/corrections", data={"kind": "words", "turn": "77", "text": "x"}).status_code == 400


def test_a_card_is_filled_by_hand_without_consent(scene: Scene, signed: As) -> None:
    silent = scene.add_interview(scene.add_candidate("Sam"), consent="refused")
    bob = signed("bob")
    page = f"/interviews/{silent.id}"
    assert "nothing is analysed" in bob.get(page).text
    assert bob.post(f"{page}/review", follow_redirects=False).status_code == 303
    shown = bob.get(page).text
    assert 'data-act="rate"' in shown
    assert 'id="talk"' not in shown
    last = a_whole_review(bob, the_review(scene, "bob", silent))
    assert change(bob, last, "submit").json()["state"] == "submitted"


def test_a_poor_transcript_says_why_there_is_no_draft(scene: Scene, signed: As) -> None:
    none = tuple(a_draft(f"c{n}", None) for n in (1, 2, 3))
    poor = Quality(grade="poor", reasons=("Half of the words are doubtful.",))
    scene.analyse(analysis=an_analysis(scene.rubric, none).model_copy(update={"quality": poor}))
    shown = signed("bob").get(f"/interviews/{scene.interview.id}").text
    assert "The transcript is poor, so nothing was scored" in shown
    assert "No draft: Half of the words are doubtful." in shown


SAID = "I’m Zelda Quux, at Vrbltz I kept zebras."
TALK = (
    Turn(t=0, speaker="S1", role="interviewer", start=0.0, end=1.0, text="Zelda, hello. Quux is your name?", question="q1", kind="question"),
    Turn(
        t=1, speaker="S2", role="candidate", start=1.0, end=4.0, text=SAID, question="q1", kind="answer",
        words=tuple(Word(w, 1.0 + i / 4, 1.2 + i / 4, 0.2 if w == "kept" else 0.9) for i, w in enumerate(SAID.split())),
    ),
)  # fmt: skip


def test_blind_raters_get_no_byte_of_the_name_until_they_submit(
    site: Site, sign_in: Callable[[User], TestClient]
) -> None:
    scene = Scene(site.store, a_rubric(100, blind=True))
    quoted = (a_draft("c1", 4, (1, "Zelda Quux, at Vrbltz I kept zebras")),)
    scene.analyse(analysis=an_analysis(scene.rubric, quoted, TALK))
    bob = sign_in(scene.people["bob"])
    review = the_review(scene, "bob")
    page = f"/interviews/{scene.interview.id}"

    def answers() -> list[str]:
        return [
            bob.get(path).text
            for path in (page, f"{page}/scores", f"/api{page}", f"/api{page}/words", f"/api/reviews/{review.id}")
        ]

    last = change(bob, review, "add-evidence", competency="c1", turn=1, first=1, last=2)
    shown = [*answers(), last.text]
    last = change(bob, last.json(), "rate", competency="c1", score=3)
    shown += [*answers(), last.text]
    for text in shown:
        assert not re.search("zelda|quux|vrbltz", text, re.IGNORECASE)
    assert f"{GAP} {GAP} at {GAP} I kept zebras" in shown[0] or f"{GAP} {GAP}, at {GAP} I kept zebras" in shown[0]
    kept = the_review(scene, "bob").score("c1").evidence[-1]
    assert kept.quote == "Zelda Quux,"
    assert bob.post(f"/api{page}/corrections", json={"kind": "words", "turn": 1, "text": GAP}).status_code == 400
    last = change(bob, last.json(), "conclude", recommendation="yes").json()
    assert change(bob, last, "submit").status_code == 200
    assert "Zelda Quux" in bob.get(page).text


def test_word_times_travel_without_words(scene: Scene, signed: As) -> None:
    scene.analyse(analysis=an_analysis(scene.rubric, (), TALK))
    found = signed("bob").get(f"/api/interviews/{scene.interview.id}/words").json()
    assert (found["t"], found["n"], found["p"]) == ([1], [8], [6])
    place, centi, words = 0, 0, []
    for gap, length, since, _ in zip(found["g"], found["l"], found["s"], found["d"], strict=True):
        place, centi = place + gap + length, centi + since
        words.append((TALK[1].text[place - length : place], centi / 100))
    assert words == [(w.text, w.start) for w in TALK[1].words]


def test_hostile_text_stays_text(scene: Scene, signed: As) -> None:
    evil = "<script>alert(1)</script> \"><img src=x onerror=alert(1)> {{7*7}} ' or 1=1"
    turns = tuple(turn.model_copy(update={"text": evil}) for turn in an_analysis(scene.rubric).turns)
    who = scene.add_interview(scene.add_candidate(evil))
    scene.analyse(who, an_analysis(scene.rubric, tuple(a_draft(f"c{n}", 3, (1, evil)) for n in (1, 2, 3)), turns))
    bob = signed("bob")
    last = change(bob, the_review(scene, "bob", who), "note", competency="c1", text=evil).json()
    last = change(bob, last, "rate", competency="c1", score=3).json()
    change(bob, last, "keep", competency="c1", reason=evil)
    for path in (f"/interviews/{who.id}", f"/interviews/{who.id}/scores"):
        shown = bob.get(path).text
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert not re.search(r"\son\w+=|\sstyle=", re.sub(r">[^<]*<|\"[^\"]*\"", "", shown))


def test_misfits_are_refused_and_never_a_fault_of_the_server(scene: Scene, signed: As) -> None:
    scene.analyse()
    bob = signed("bob")
    review = the_review(scene, "bob")
    assert change(bob, review, "note", competency="c1", text="a\x00b").status_code == 422
    assert change(bob, review, "note", competency="none", text="x").status_code == 404
    assert change(bob, review, "rate", competency="c1", score=6).status_code == 422
    assert bob.get("/interviews/none").status_code == 404
    assert bob.get("/interviews/%00").status_code in (404, 422)
    assert bob.get("/api/reviews/none").status_code == 404
    del bob.headers["X-CSRF-Token"]
    assert change(bob, review, "rate", competency="c1", score=3).status_code == 403


def test_a_long_page_weighs_little(scene: Scene, signed: As) -> None:
    """Page, word times, style and script of an hour's talk (9,000 different words) stay below 250 kB as they travel."""
    words = [f"w{n * 7919 % 9973}rd" for n in range(9000)]
    turns = tuple(
        Turn(
            t=n, speaker="S2", role="candidate", start=18.0 * n, end=18.0 * n + 17, text=" ".join(words[45 * n : 45 * n + 45]),
            question="q1", kind="answer",
            words=tuple(
                Word(w, 18.0 * n + i * 0.37 + (i * i % 7) / 50, 18.0 * n + i * 0.37 + 0.2 + (i % 9) / 60, (i * 37 % 100) / 100)
                for i, w in enumerate(words[45 * n : 45 * n + 45])
            ),
        )
        for n in range(200)
    )  # fmt: skip
    scene.analyse(analysis=an_analysis(scene.rubric, (), turns))
    bob = signed("bob")
    weight = 0
    for path in (f"/interviews/{scene.interview.id}", f"/api/interviews/{scene.interview.id}/words"):
        answer = bob.get(path)
        assert answer.headers["content-encoding"] == "gzip"
        weight += int(answer.headers["content-length"])
    static = ("style.css", "review.css", "review.js", "player.js", "words.js", "saver.js", "scores.js", "selection.js", "fixes.js", "keys.js")  # fmt: skip
    weight += sum(len(gzip.compress((HERE / "static" / name).read_bytes())) for name in static)
    assert weight < 250_000


def test_the_round_shows_only_what_it_covers(scene: Scene, signed: As) -> None:
    part = openings.create_interview(
        scene.desk("lead"), scene.candidate.id, "second", scene.interview.held_at, scene.interview.ended_at,
        interviewers=[scene.people["ann"].id], consent="given", covers=["c2"],
    )  # fmt: skip
    scene.analyse(part)
    shown = signed("ann").get(f"/interviews/{part.id}").text
    assert "1. Skill 2" in shown
    assert "Skill 1 <span" not in shown
