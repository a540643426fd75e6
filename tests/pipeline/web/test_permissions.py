"""The table of every person against every route, by request; what refuses changes nothing."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from permission_table import EVERYONE, PEOPLE, TABLE, Row
from starlette.responses import Response
from web_scene import WebScene

from models.user import User
from pipeline.actions import accounts, deleting, openings, people, reviewing, uploading
from pipeline.actions import sessions as sessions_of_samples
from pipeline.actions.desk import Desk, utc_now
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.store import Store
from pipeline.web.app import create_app
from pipeline.web.auth import COOKIE, SAFE, csrf_of, new_secret, open_session, sealed
from pipeline.web.routes import ROUTERS
from pipeline.web.site import Site

GOOD = {"c1": 4, "c2": 4, "c3": 4}


@dataclass(frozen=True)
class Office:
    """A prepared company on disk: ids by the names that stand in addresses, and everybody's session."""

    folder: Path
    ids: dict[str, str]
    sessions: dict[str, str]


class NoScorer:
    """Scores nothing; nothing is stale here."""

    def score(self, *_: Any) -> tuple[()]:
        return ()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Office:
    folder = tmp_path_factory.mktemp("office")
    shutil.copy(migrated, folder / "debrief.db")
    store = Store(f"sqlite:///{folder}/debrief.db", str(folder / "media"), code="test")
    scene = WebScene(store)
    other = scene.add_candidate("Other One")
    gone = scene.add_candidate("Gone Already")
    receipt = deleting.delete_candidate(scene.desk("admin"), gone.id)
    openings.attach_recording(scene.desk("ann"), scene.interview.id, io.BytesIO(b"OggS" + bytes(99)), 1)
    from builders import an_analysis

    from models.recording import Source

    with store.read() as c:
        from pipeline.store import interviews

        held = interviews.get_interview(c, scene.interview.id)
    made = an_analysis(scene.rubric)
    source = Source(name="call.ogg", sha256=held.recording or "", duration_s=60.0)
    scene.analyse(analysis=made.model_copy(update={"source": source}))
    scene.submit("bob", GOOD)
    mine = reviewing.open_review(scene.desk("ann"), held.id)
    mine = reviewing.rate(scene.desk("ann"), mine.id, mine.version, "c1", 2)
    with store.read() as c:
        from pipeline.store import reviews

        bobs = next(r.id for r in reviews.reviews(c, interview=held.id) if r.reviewer == scene.people["bob"].id)
    upload = uploading.begin(scene.desk("ann"), "a.wav", 9, interview_id=held.id)
    people.change_user(scene.desk("admin"), scene.people["admin"].id, roles=["admin"])  # the first one has every role
    token = accounts.add_token(scene.desk("admin"), "t", sealed("t"))
    sitting = sessions_of_samples.sitting(scene.desk("lead"), folder / "samples", "csm-2-5y")
    ids = {
        "interview": held.id, "interview_id": held.id, "job": scene.job.id, "job_id": scene.job.id, "review": mine.id,
        "bobs": bobs, "candidate": scene.candidate.id, "other": other.id, "upload_id": upload.id, "token": token.id,
        "token_id": token.id, "receipt": receipt.id, "person": scene.people["eve"].id, "secret": "invented",
        "kind": "interview", "subject": held.id, "change": "note", "ann": scene.people["ann"].id,
        "eve": scene.people["eve"].id, "quote": mine.scores[0].evidence[0].id, "rubric": scene.rubric.id,
        "samples": "csm-2-5y", "sample": sitting.sample.id if sitting.sample else "",
        "version": scene.rubric.version,
    }  # fmt: skip
    site = Site(store, Settings(data=folder, cache=folder / "cache"))
    sessions = {name: open_session(site, Response(), person) for name, person in scene.people.items()}
    store.close()
    return Office(folder, ids, sessions)


@cache
def _app() -> FastAPI:
    """One app for all: making its routes takes longer than a request."""
    return create_app(cast("Site", None))


class Door:
    """The app on a copy of the office, and how anybody knocks."""

    def __init__(self, office: Office, folder: Path) -> None:
        shutil.copytree(office.folder, folder, dirs_exist_ok=True)
        self.office = office
        self.store = Store(f"sqlite:///{folder}/debrief.db", str(folder / "media"), code="test")
        self.site = Site(self.store, Settings(data=folder, cache=folder / "cache"), scorer=NoScorer())
        app = _app()
        app.state.site = self.site
        self.client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)

    def knock(self, route: str, row: Row, name: str | None, *, csrf: bool = True, bearer: str = "") -> Any:
        """The answer to that request as that person (None: nobody)."""
        method, _, path = route.partition(" ")
        ids = {**self.office.ids, **{key: self.office.ids.get(value, value) for key, value in row.use.items()}}
        headers, cookies = {}, {}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        elif name is not None:
            token = self.office.sessions[name]
            cookies[COOKIE] = token
            if csrf:
                headers["X-CSRF-Token"] = csrf_of(token)
        self.client.cookies.clear()
        for key, value in cookies.items():
            self.client.cookies.set(key, value, domain="localhost.local")
        sent: dict[str, Any] = {"headers": headers, "follow_redirects": False, "params": _filled(row.query, ids)}
        if row.form is not None:
            sent["data"] = _filled(row.form, ids)
        if row.json is not None:
            sent["json"] = _filled(row.json, ids)
        if row.files is not None:
            sent["files"] = {name: (f"{name}.yaml", text.encode()) for name, text in row.files.items()}
        if row.body is not None:
            sent["content"] = row.body
        return self.client.request(method, path.format(**ids), **sent)

    def head(self) -> tuple[str, int]:
        """The end of the audit log and how many sessions there are: any change moves one of them."""
        with self.store.read() as c:
            sessions = c.exec_driver_sql("SELECT count(*) FROM session").scalar_one()
            uploads = c.exec_driver_sql("SELECT count(*) + coalesce(sum(received), 0) FROM upload").scalar_one()
            return audit.head(c), sessions * 1000 + uploads


def _filled(value: Any, ids: dict[str, str]) -> Any:
    text = json.dumps(value)
    for key, found in ids.items():
        text = text.replace("{" + key + "}", found)
    return json.loads(text)


@pytest.fixture
def door(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    from pipeline.web.routes import today

    async def at_once(*_: object) -> Any:
        yield ": over\n\n"

    monkeypatch.setattr(today, "_changes", at_once)
    made = Door(office, tmp_path / "office")
    yield made
    made.store.close()


def routes() -> list[tuple[str, APIRoute]]:
    found = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [(f"{method} {route.path}", route) for route in found for method in sorted(route.methods)]


def rows() -> list[tuple[str, Row]]:
    return [(route, row) for route, found in TABLE.items() for row in (found if isinstance(found, list) else [found])]


def refused(answer: Any) -> bool:
    """Whether the answer keeps somebody out: forbidden, unknown, or sent to sign in."""
    to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
    return answer.status_code in (401, 403, 404) or to_sign_in


def test_every_route_has_its_line_in_the_table() -> None:
    known = {name for name, _ in routes()} | {"GET /api/openapi.json"}
    assert known - set(TABLE) == set(), "routes that nobody has thought about"
    assert set(TABLE) - known == set(), "lines without a route"


def test_every_route_behind_the_sign_in_asks_for_it_itself() -> None:
    from pipeline.web.auth import signed_in

    for name, route in routes():
        rows_of = TABLE[name] if isinstance(TABLE[name], list) else [TABLE[name]]
        is_open = any("-" in row.who for row in rows_of)  # type: ignore[union-attr]
        asks = any(dependency.call is signed_in for dependency in route.dependant.dependencies)
        assert asks or is_open, name


@pytest.mark.parametrize(("route", "row"), rows(), ids=lambda value: value if isinstance(value, str) else value.who)
def test_a_route_lets_in_exactly_those_in_its_line(door: Door, route: str, row: Row) -> None:
    before = door.head()
    outside = [] if "-" in row.who else [None]
    for name in [*outside, *(PEOPLE[letter] for letter in EVERYONE if letter not in row.who)]:
        answer = door.knock(route, row, name)
        assert refused(answer), f"{name} is let in: {answer.status_code}"
        assert "Zelda" not in answer.text, f"{name} reads the candidate's name"
        assert "zebras" not in answer.text, f"{name} reads what was said"
    assert door.head() == before, "a refused request changed something"
    if route.partition(" ")[0] not in SAFE and row.who in ("A", "AL", "ALI", "ALIR", "I", "IR", "L", EVERYONE):
        for letter in row.who:
            assert door.knock(route, row, PEOPLE[letter], csrf=False).status_code in (403, 413), (
                "without the form's token"
            )
        assert door.head() == before, "a request without the form's token changed something"
    for letter in row.who:
        answer = door.knock(route, row, None if letter == "-" else PEOPLE[letter])
        if letter in "EU":
            assert "Zelda" not in answer.text, f"{letter} reads the candidate's name"
            assert "zebras" not in answer.text.replace("q=zebras", "").replace('value="zebras"', ""), (
                "reads what was said"
            )
        if "secret" not in route and route != "POST /sign-in":
            assert not refused(answer), f"{letter} is refused: {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500 or answer.status_code in (503, 507), answer.text[:300]
            assert "does not fit:" not in answer.text, answer.text[:300]


@pytest.mark.parametrize("route", [name for name, _ in routes() if " /api/" in name])
def test_a_reading_token_changes_nothing_and_a_shut_account_reads_nothing(door: Door, route: str) -> None:
    found = TABLE[route]
    row = found[0] if isinstance(found, list) else found
    person = next(letter for letter in row.who if letter != "-")
    desk = Desk(door.store, _user(door, PEOPLE[person]).id)
    secret = new_secret()
    accounts.add_token(desk, "reader", sealed(secret), ("read",))
    before = door.head()
    answer = door.knock(route, row, None, bearer=secret)
    if route.partition(" ")[0] in SAFE:
        assert not refused(answer)
    else:
        assert answer.status_code == 403
        assert door.head() == before
    with door.store.write() as c:
        c.exec_driver_sql("UPDATE person SET active = 0")
    assert door.knock(route, row, None, bearer=secret).status_code == 401


def _user(door: Door, name: str) -> User:
    found = accounts.signed_in(door.store, sealed(door.office.sessions[name]), utc_now())
    assert found is not None
    return found[1]


STRANGE = ("0" * 32, "..", "%2e%2e%2fetc%2fpasswd", "'; DROP TABLE person; --", "😀", "a" * 5000, "%00")


def test_an_invented_id_is_not_found_and_breaks_nothing(door: Door) -> None:
    pages = ("/interviews/{}", "/api/interviews/{}", "/media/{}", "/candidates/{}", "/jobs/{}", "/compare/{}",
             "/api/reviews/{}", "/api/uploads/{}", "/admin/people/{}", "/admin/delete/candidate/{}",
             "/admin/receipts/{}")  # fmt: skip
    for page in pages:
        for strange in STRANGE:
            answer = door.knock(f"GET {page.replace('{}', '{x}')}", Row(EVERYONE, use={"x": strange}), "admin")
            assert answer.status_code in (200, 303, 400, 404, 422), (page, strange, answer.status_code)
            assert answer.status_code != 200 or strange == ".."


def test_others_scores_stay_hidden_until_ones_own_are_in(door: Door) -> None:
    """Ann has not submitted: nothing that she can read holds Bob's words or levels; afterwards it does."""
    pages = ("/candidates/{candidate}", "/candidates/{candidate}/debrief", "/api/reviews/{bobs}", "/interviews/{interview}",
             "/api/interviews/{interview}")  # fmt: skip
    for page in pages:
        answer = door.knock(f"GET {page}", Row("I"), "ann")
        assert "said so" not in answer.text, page
        assert "strong" not in answer.text.replace("strong_", "").replace("<strong", "").replace("</strong", ""), page
    desk = Desk(door.store, _user(door, "ann").id)
    card = reviewing.read_review(desk, door.office.ids["review"])
    for competency, level in GOOD.items():
        card = reviewing.rate(desk, card.id, card.version, competency, level, reason="heard again")
        card = reviewing.note(desk, card.id, card.version, competency, "mine")
    card = reviewing.conclude(desk, card.id, card.version, "yes", "fine", "none")
    reviewing.submit(desk, card.id, card.version)
    assert door.knock("GET /api/reviews/{bobs}", Row("I"), "ann").json()["review"]["scores"][0]["note"] == "said so"
    assert door.knock("GET /candidates/{candidate}/debrief", Row("I"), "ann").status_code == 200
