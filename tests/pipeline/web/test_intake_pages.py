"""Today, Upload, Openings and Search, as people and programs use them."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON, an_analysis
from fastapi.testclient import TestClient
from scene import Scene

from models.report import Source
from models.user import User
from models.work import WorkState
from pipeline.actions import openings, uploading
from pipeline.store import work
from pipeline.web.site import Site

SignIn = Callable[[User], TestClient]
HOSTILE = "<script>alert(1)</script>"


def sound(seconds: int = 12) -> bytes:
    """A WAV file that says it is a recording; nobody decodes more than its first frame here."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(range(250)) * (seconds * 128))
    return out.getvalue()


@pytest.fixture
def ann(scene: Scene, sign_in: SignIn) -> TestClient:
    return sign_in(scene.people["ann"])


@pytest.fixture
def lead(scene: Scene, sign_in: SignIn) -> TestClient:
    return sign_in(scene.people["lead"])


def begin(client: TestClient, interview: str, data: bytes, **more: object) -> dict:
    given = {"interview": interview, "name": "call.wav", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    answer = client.post("/api/uploads", json={**given, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def put(scene: Scene, interview: str, state: str, **fields: object) -> None:
    with scene.store.write() as c:
        work.put_work(
            c, WorkState(interview=interview, workflow="w.a.1", state=state, updated_at=scene.clock(), **fields)
        )


def test_upload_broken_off_goes_on_and_becomes_the_recording(scene: Scene, ann: TestClient, site: Site) -> None:
    data = sound()
    upload = begin(ann, scene.interview.id, data)
    half = len(data) // 2
    assert ann.put(f"/api/uploads/{upload['id']}?at=0", content=data[:half]).json()["received"] == half
    assert [each["id"] for each in ann.get("/api/uploads").json()] == [upload["id"]]
    assert "call.wav" in ann.get("/upload").text
    again = begin(ann, scene.interview.id, data)
    assert (again["id"], again["received"]) == (upload["id"], half)
    early = ann.post(f"/api/uploads/{upload['id']}/complete", json={})
    assert early.status_code == 409
    ann.put(f"/api/uploads/{upload['id']}?at={half}", content=data[half:])
    done = ann.post(f"/api/uploads/{upload['id']}/complete", json={"vocabulary": ["NRR"]})
    assert done.json() == {
        "upload": upload["id"], "interview": scene.interview.id, "name": "call.wav", "queued": False,
    }  # fmt: skip
    assert site.store.media.exists(hashlib.sha256(data).hexdigest())
    assert list((site.settings.data / "uploads").iterdir()) == []


def test_same_recording_elsewhere_is_recognised_before_it_is_sent(scene: Scene, ann: TestClient) -> None:
    data = sound()
    upload = begin(ann, scene.interview.id, data)
    ann.put(f"/api/uploads/{upload['id']}?at=0", content=data)
    ann.post(f"/api/uploads/{upload['id']}/complete")
    sha256 = hashlib.sha256(data).hexdigest()
    assert ann.get(f"/api/uploads/known?sha256={sha256}").json() == {"interview": scene.interview.id}
    other = scene.add_interview(scene.add_candidate("Ned"))
    given = {"interview": other.id, "name": "b.wav", "size": len(data), "sha256": sha256}
    answer = ann.post("/api/uploads", json=given)
    assert (answer.status_code, answer.json()["interview"]) == (409, scene.interview.id)
    assert begin(ann, other.id, data, anyway=True)["received"] == 0


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"\x7fELF" + bytes(range(256)) * 40, "call.mp4", "not a sound or video file"),
        (b'{"turns": [', "talk.json", "not valid JSON"),
    ],
)
def test_file_that_cannot_be_used_is_refused_with_a_reason(
    scene: Scene, ann: TestClient, site: Site, data: bytes, name: str, told: str
) -> None:
    upload = begin(ann, scene.interview.id, data, name=name)
    ann.put(f"/api/uploads/{upload['id']}?at=0", content=data)
    answer = ann.post(f"/api/uploads/{upload['id']}/complete")
    assert answer.status_code == 422
    assert told in answer.json()["error"]
    assert name in answer.json()["error"]
    assert list((site.settings.data / "uploads").iterdir()) == []
    assert site.store.media.hashes() == ()


def test_empty_too_large_and_unconsented_files_are_refused_before_they_are_sent(scene: Scene, ann: TestClient) -> None:
    refused = scene.add_interview(scene.candidate, consent="refused")
    for change, status, told in (
        ({"size": 0}, 422, "empty (0 bytes)"),
        ({"size": uploading.LARGEST + 1}, 422, "larger than 2 GB"),
        ({"interview": refused.id}, 403, "not consented"),
        ({"interview": "nobody"}, 404, ""),
    ):
        given = {"interview": scene.interview.id, "name": "call.wav", "size": 10, **change}
        answer = ann.post("/api/uploads", json=given)
        assert answer.status_code == status, answer.text
        assert told in answer.json()["error"]


def test_piece_must_be_small_fit_and_be_ones_own(scene: Scene, ann: TestClient, sign_in: SignIn) -> None:
    upload = begin(ann, scene.interview.id, sound(), size=20_000_000)
    path = f"/api/uploads/{upload['id']}"
    assert ann.put(f"{path}?at=0", content=bytes((8 << 20) + 1)).status_code == 413
    assert ann.put(f"{path}?at=5", content=b"later").status_code == 400
    assert ann.put(f"{path}?at=-1", content=b"before").status_code == 422
    assert ann.get(path).json()["received"] == 0
    for name in ("lead", "eve", "bob"):
        client = sign_in(scene.people[name])
        assert client.put(f"{path}?at=0", content=b"mine").status_code == 404
        assert client.get(path).status_code == 404
        assert client.delete(path).status_code == 404
        assert client.post(f"{path}/complete").status_code == 404


def test_without_script_one_form_enters_the_round_and_sends_the_file(scene: Scene, lead: TestClient) -> None:
    fields = {
        "job": scene.job.id, "name": "Form Person", "round": "final", "held": "2026-11-20T10:00", "minutes": "45",
        "interviewers": [scene.people["ann"].id], "consent": "given", "vocabulary": "NRR, Contoso",
    }  # fmt: skip
    answer = lead.post("/upload", data=fields, files={"file": ("form.wav", sound())}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?said=queued")
    (row,) = [
        r for r in lead.get(f"/api/jobs/{scene.job.id}/candidate?name=form person").json().items() if r[0] == "name"
    ]
    assert row == ("name", "Form Person")
    assert "Form Person" in lead.get("/").text
    twice = lead.post("/upload", data={**fields, "name": "Other"}, files={"file": ("form.wav", sound())})
    assert twice.status_code == 409
    assert "here already" in twice.text
    assert lead.get(f"/api/jobs/{scene.job.id}/candidate?name=Other").json() is None


def test_refused_consent_keeps_the_file_away_and_leaves_a_card_to_fill_by_hand(
    scene: Scene, lead: TestClient, site: Site, sign_in: SignIn
) -> None:
    fields = {
        "job": scene.job.id, "name": "Refuser", "held": "2026-11-20T10:00", "consent": "refused",
        "interviewers": [scene.people["ann"].id],
    }  # fmt: skip
    lead.post("/upload", data=fields, files={"file": ("form.wav", sound())})
    assert site.store.media.hashes() == ()
    page = sign_in(scene.people["ann"]).get("/").text
    assert "Refuser" in page
    assert "by hand" in page


def test_interviewer_sends_for_own_rounds_and_enters_none(scene: Scene, ann: TestClient) -> None:
    page = ann.get(f"/upload?interview={scene.interview.id}").text
    assert scene.candidate.name in page
    assert "Opening</span>" not in page
    given = {"job": scene.job.id, "name": "New", "held_at": NOON.isoformat(), "interviewers": [scene.people["ann"].id]}
    assert ann.post("/api/rounds", json=given).status_code == 403


def test_consent_may_be_noted_while_sending(scene: Scene, ann: TestClient) -> None:
    held = scene.add_interview(scene.candidate, consent="unknown")
    answer = ann.post(f"/api/rounds/{held.id}/consent", json={"consent": "given", "version": held.version})
    assert answer.json()["consent"] == "given"
    assert ann.post(f"/api/rounds/{held.id}/consent", json={"consent": "refused", "version": 1}).status_code == 409
    beyond = {"consent": "refused", "version": -(2**90)}
    assert ann.post(f"/api/rounds/{held.id}/consent", json=beyond).status_code == 422, "no column holds that number"


def test_today_shows_progress_and_failures_with_what_to_do(scene: Scene, ann: TestClient) -> None:
    moving, failed = (scene.add_interview(scene.add_candidate(name)) for name in ("Moving", "Failed"))
    put(scene, moving.id, "running", stage="transcribe", share=0.42, seconds_left=300.0)
    put(scene, failed.id, "failed", cause=f"call.wav: {HOSTILE} is silent.", remedy="Check the microphone.")
    page = ann.get("/").text
    for words in ("Transcribing", "about 5 min left", 'value="42"', "Check the microphone.", "Retry", "&lt;script&gt;"):
        assert words in page
    assert HOSTILE not in page
    assert {s["interview"] for s in ann.get("/api/progress").json()} == {moving.id, failed.id}


def test_stream_tells_what_is_known_and_only_of_own_interviews(
    scene: Scene, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.web.routes import today

    monkeypatch.setattr(today, "STREAM_SECONDS", 0.2)
    monkeypatch.setattr(today, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(today, "BEAT_SECONDS", 0.05)
    put(scene, scene.interview.id, "running", stage="decode")
    told = sign_in(scene.people["ann"]).get("/api/events")
    assert told.headers["content-type"].startswith("text/event-stream")
    assert told.text.count("event: work") == 1
    assert scene.interview.id in told.text
    assert ": here" in told.text
    assert "event: work" not in sign_in(scene.people["eve"]).get("/api/events").text
    assert sign_in(scene.people["aud"]).get("/api/events").status_code == 403


def test_opening_is_entered_filled_and_listed(scene: Scene, lead: TestClient) -> None:
    assert "csm-2-5y" in lead.get("/jobs").text
    made = lead.post("/jobs", data={"title": HOSTILE, "rubric": "csm-2-5y", "keep_days": "90"}, follow_redirects=False)
    place = made.headers["location"].split("?")[0]
    ann = scene.people["ann"].id
    given = {
        "name": "Rita",
        "round": "screening",
        "held": "2026-11-20T10:00",
        "interviewers": [ann],
        "consent": "unknown",
    }
    assert lead.post(f"{place}/rounds", data=given).status_code == 200
    page = lead.get(place).text
    assert "Rita" in page
    assert "90 days" in page
    assert HOSTILE not in page
    assert "Rita" in lead.get(f"{place}?show=candidates").text
    assert "Nobody by that name" in lead.get(f"{place}?name=Zorro").text
    assert lead.post("/jobs", data={"title": "A", "rubric": "none"}).status_code == 400
    assert lead.post("/jobs", data={"title": "A", "rubric": "csm-2-5y", "keep_days": "soon"}).status_code == 400


def test_reviewer_is_asked_and_consent_noted_from_the_opening(scene: Scene, lead: TestClient) -> None:
    held = scene.add_interview(scene.candidate, consent="unknown", reviewers=())
    lead.post(f"/interviews/{held.id}/raters", data={"person": scene.people["bob"].id, "version": held.version})
    lead.post(f"/interviews/{held.id}/consent", data={"consent": "given", "version": held.version + 1})
    (now,) = [i for i in openings.interviews_of(scene.desk("lead"), scene.candidate.id) if i.id == held.id]
    assert (now.consent, now.rater_kind(scene.people["bob"].id)) == ("given", "reviewer")
    stale = lead.post(f"/interviews/{held.id}/consent", data={"consent": "refused", "version": held.version})
    assert stale.status_code == 409


def test_long_openings_come_in_pages(scene: Scene, lead: TestClient) -> None:
    for n in range(60):
        candidate = scene.add_candidate(f"Person {n}")
        openings.create_interview(
            scene.desk("lead"), candidate.id, "first", NOON + timedelta(minutes=n), NOON + timedelta(minutes=n + 1),
            interviewers=[scene.people["ann"].id],
        )  # fmt: skip
    first, second = (lead.get(f"/jobs/{scene.job.id}?page={n}").text for n in (1, 2))
    assert "Person 59" in first
    assert "Person 0<" not in first
    assert "Person 0<" in second
    assert "51 to 61 of 61" in second


def test_search_finds_words_with_a_link_into_the_talk(scene: Scene, sign_in: SignIn) -> None:
    made = an_analysis(scene.rubric)
    scene.analyse(analysis=made.model_copy(update={"source": Source(name="a", sha256="0" * 64, duration_s=60.0)}))
    ann = sign_in(scene.people["ann"])
    page = ann.get("/search?q=zebras").text
    assert "<mark>zebras</mark>" in page
    assert f"/interviews/{scene.interview.id}#t1" in page
    assert "Nobody said that" in ann.get("/search?q=giraffes").text
    assert len(ann.get("/api/search?q=zebras").json()["hits"]) == 3
    assert "Nobody said that" in sign_in(scene.people["eve"]).get("/search?q=zebras").text
    assert ann.get("/search", params={"q": f"{HOSTILE}\"' *"}).status_code == 200


def test_auditor_finds_nothing_of_interviews(scene: Scene, sign_in: SignIn) -> None:
    aud = sign_in(scene.people["aud"])
    assert "Nothing waits for you" in aud.get("/").text
    for path in (
        "/jobs",
        f"/jobs/{scene.job.id}",
        "/search?q=zebras",
        "/api/search?q=zebras",
        "/api/progress",
        "/upload",
    ):
        assert aud.get(path).status_code == 403, path


def test_static_scripts_say_nothing_inline(ann: TestClient) -> None:
    for path in ("/", "/upload", "/jobs", "/search"):
        text = ann.get(path).text
        assert "<script>" not in text
        assert " style=" not in text
        assert " onclick" not in text


def test_the_hash_in_the_browser_is_sha256(tmp_path: Path) -> None:
    """Runs where Node is; the browser test covers it everywhere else."""
    import shutil
    import subprocess

    from pipeline.web.site import HERE

    node = shutil.which("node")
    if node is None:
        return
    script = tmp_path / "run.mjs"
    script.write_text(
        f'import {{ Sha256 }} from "{HERE}/static/sha256.js";\n'
        "for (const n of [0, 1, 55, 56, 63, 64, 65, 1000, 70000]) {\n"
        "  const h = new Sha256(); const b = new Uint8Array(n).map((_, i) => i % 251);\n"
        "  h.update(b.subarray(0, n >> 1)); h.update(b.subarray(n >> 1)); console.log(h.hex());\n}\n"
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    said = subprocess.run([node, str(script)], capture_output=True, text=True, check=True).stdout.split()
    sizes = (0, 1, 55, 56, 63, 64, 65, 1000, 70000)
    assert said == [hashlib.sha256(bytes(i % 251 for i in range(n))).hexdigest() for n in sizes]
