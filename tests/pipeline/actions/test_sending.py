"""Scorecards for other systems: payloads as those take them, sent to a local stand-in, and nothing leaves unconfirmed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from scene import Scene

from models.job import Correction
from pipeline.actions import analyses, auditing, reviewing, sending
from pipeline.actions.desk import new_id
from pipeline.errors import ConflictError, ForbiddenError, StorageError, UsageError
from pipeline.exports import ats

LEVELS = {"c1": 5, "c2": 3, "c3": None}


@pytest.fixture
def scene(store):
    return Scene(store)


@pytest.fixture
def stand_in():
    """A local server that takes what Lever and Ashby take and remembers it."""
    got, replies = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append((self.path, self.headers["Authorization"], body))
            status, reply = replies.pop(0) if replies else (200, {"success": True})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(reply).encode())

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", got, replies
    server.shutdown()
    server.server_close()


def tenant(system, **other):
    given = {
        "system": system, "template": "tpl", "perform_as": "u 1", "target": "opp/1", "competencies": {"c1": "f1", "c2": "f2"},
        "strengths": "fs", "overall": "fo", "overall_values": {"yes": 3}, "panel": "p1", "interview": "e1",
    }  # fmt: skip
    return ats.TenantMap.model_validate({**given, **other})


def test_greenhouse_file_has_ratings_notes_and_two_names(scene):
    done = scene.submit("ann", LEVELS)
    card = sending.greenhouse_file(scene.desk("lead"), done.id)
    assert [a["rating"] for a in card["attributes"]] == ["strong_yes", "mixed", "no_decision"]
    assert (card["overall_recommendation"], card["interviewer"], card["submitted_by"]) == ("yes", "ann", "lead")
    assert card["attributes"][0]["note"] == "said so"


def test_lever_gets_feedback_and_the_log_says_so(scene, stand_in):
    address, got, _ = stand_in
    done = scene.submit("ann", LEVELS)
    sent = sending.send(scene.desk("lead"), done.id, tenant("lever"), "secret", address=address)
    path, authorization, body = got[0]
    assert path == "/v1/opportunities/opp%2F1/feedback?perform_as=u%201"
    assert authorization.startswith("Basic ")
    assert body == {
        "baseTemplateId": "tpl", "panel": "p1", "interview": "e1",
        "fieldValues": [{"id": "f1", "value": 5}, {"id": "f2", "value": 3}, {"id": "fs", "value": "strong"},
                        {"id": "fo", "value": 3}],
    }  # fmt: skip
    assert (sent.status, sent.losses) == (200, ())
    assert json.loads(list(auditing.export(scene.desk("aud")))[-1])["action"] == "send-lever"


def test_ashby_gets_four_levels_and_the_loss_is_said(scene, stand_in):
    address, got, _ = stand_in
    done = scene.submit("ann", LEVELS)
    sent = sending.send(scene.desk("lead"), done.id, tenant("ashby"), "secret", address=address)
    assert got[0][0] == "/applicationFeedback.submit"
    assert got[0][2]["feedbackForm"]["fieldSubmissions"][:3] == [
        {"path": "f1", "value": {"score": 4}}, {"path": "f2", "value": {"score": 3}},
        {"path": "fs", "value": {"type": "PlainText", "value": "strong"}},
    ]  # fmt: skip
    assert sent.losses == ("4 and 5 both become 4",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"competencies": {"c1": "f1"}},
        {"competencies": {"c1": "f1", "c2": "f2", "c9": "f9"}},
        {"levels": {1: 1, 2: 2, 3: 3, 4: 2, 5: 5}},
        {"levels": {1: 1, 5: 5}},
        {"levels": {1: 1, 2: 2, 3: 3, 4: 4, 5: 9}},
        {"panel": ""},
        {"overall_values": {}},
    ],
)
def test_a_map_that_does_not_fit_sends_nothing(scene, stand_in, wrong):
    address, got, _ = stand_in
    done = scene.submit("ann", LEVELS)
    with pytest.raises(UsageError, match=r"map|Lever"):
        sending.send(scene.desk("lead"), done.id, tenant("lever", **wrong), "secret", address=address)
    assert got == []


def test_nothing_leaves_without_a_confirmed_scorecard(scene, stand_in):
    """Neither a draft, nor a flagged score, nor for somebody who may not export, nor past one's own open review."""
    address, got, _ = stand_in
    scene.analyse()
    card = reviewing.open_review(scene.desk("ann"), scene.interview.id)
    with pytest.raises(ConflictError, match="not submitted"):
        sending.send(scene.desk("lead"), card.id, tenant("lever"), "secret", address=address)
    done = scene.submit("ann", LEVELS)
    with pytest.raises(ForbiddenError):
        sending.send(scene.desk("ann"), done.id, tenant("lever"), "secret", address=address)
    desk = scene.desk("bob")
    analyses.correct(
        desk,
        Correction(
            id=new_id(),
            interview=scene.interview.id,
            kind="words",
            turn=1,
            text="No.",
            author=desk.actor,
            at=desk.clock(),
        ),
    )
    for attempt in (
        lambda: sending.send(scene.desk("lead"), done.id, tenant("lever"), "secret", address=address),
        lambda: sending.greenhouse_file(scene.desk("lead"), done.id),
    ):
        with pytest.raises(ConflictError, match="looked at again"):
            attempt()
    assert got == []


def test_refusals_of_the_other_side_are_clear(scene, stand_in):
    address, _, replies = stand_in
    done = scene.submit("ann", LEVELS)
    for reply in ((422, {}), (200, {"success": False, "errors": ["x"]})):
        replies.append(reply)
        with pytest.raises(StorageError, match="refused"):
            sending.send(scene.desk("lead"), done.id, tenant("ashby"), "secret", address=address)
    with pytest.raises(StorageError, match="answer"):
        sending.send(scene.desk("lead"), done.id, tenant("ashby"), "secret", address="http://127.0.0.1:9")
    with pytest.raises(UsageError, match="token"):
        sending.send(scene.desk("lead"), done.id, tenant("ashby"), "")
    with pytest.raises(UsageError, match="field map"):
        ats.read_map('{"system": "workday"}')
