"""Getting in and out: passwords, links, tokens, and what keeps others out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from models.user import LinkPurpose, User
from pipeline.actions import accounts
from pipeline.actions.desk import Desk, utc_now
from pipeline.web import auth, passwords
from pipeline.web.auth import local, new_secret, sealed
from pipeline.web.site import Site

PASSWORD = "correct horse battery staple"
SignIn = Callable[[User], TestClient]


@pytest.fixture
def known(site: Site, owner: User) -> User:
    accounts.set_password(Desk(site.store, owner.id), owner.id, passwords.hashed(PASSWORD))
    return owner


def try_in(client: TestClient, password: str = PASSWORD, email: str = "OLU@example.org", **more: str) -> int:
    form = {"email": email, "password": password, **more}
    return client.post("/sign-in", data=form, follow_redirects=False).status_code


def link_for(site: Site, person: User, purpose: LinkPurpose, lifetime: timedelta = timedelta(hours=1)) -> str:
    secret = new_secret()
    accounts.make_link(Desk(site.store, person.id), person.id, sealed(secret), purpose, lifetime)
    return f"/link/{secret}"


def test_who_knows_the_password_gets_in_and_back_to_where_they_wanted(client: TestClient, known: User) -> None:
    answer = client.post(
        "/sign-in", data={"email": known.email, "password": PASSWORD, "next": "/account"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert client.get("/account").status_code == 200


def test_the_cookie_is_for_https_alone_behind_a_proxy(site: Site, known: User) -> None:
    from dataclasses import replace

    from pipeline.web.app import create_app

    secure = TestClient(create_app(replace(site, secure=True)), base_url="https://localhost")
    answer = secure.post("/sign-in", data={"email": known.email, "password": PASSWORD}, follow_redirects=False)
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(client: TestClient, known: User) -> None:
    said = [
        client.post("/sign-in", data={"email": email, "password": "wrong wrong wrong"})
        for email in (known.email, "nobody@example.org")
    ]
    assert [answer.status_code for answer in said] == [403, 403]
    assert said[0].text.replace(known.email, "") == said[1].text.replace("nobody@example.org", "")


def test_the_database_holds_no_token_and_no_password(client: TestClient, known: User, site: Site) -> None:
    try_in(client)
    token = client.cookies[auth.COOKIE]
    site.store.close()
    held = b"".join(path.read_bytes() for path in site.settings.data.glob("debrief.db*"))
    assert token.encode() not in held
    assert PASSWORD.encode() not in held
    assert sealed(token).encode() in held


def test_many_wrong_passwords_must_wait_even_with_the_right_one(
    client: TestClient, known: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda given, hash_: given == PASSWORD)
    assert [try_in(client, "guess") for _ in range(passwords.FOR_ACCOUNT)] == [403] * passwords.FOR_ACCOUNT
    assert try_in(client) == 429
    assert try_in(client, email="somebody-else@example.org") == 403


def test_one_address_that_tries_many_accounts_must_wait(
    client: TestClient, known: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda given, hash_: False)
    for number in range(passwords.FOR_ADDRESS):
        try_in(client, email=f"p{number}@example.org")
    assert try_in(client) == 429


def test_success_forgets_the_failures_before_it(
    client: TestClient, known: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda given, hash_: given == PASSWORD)
    for _ in range(2):
        for _ in range(passwords.FOR_ACCOUNT - 1):
            try_in(client, "guess")
        assert try_in(client) == 303


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(owner: User, sign_in: SignIn) -> None:
    client = sign_in(owner)
    token = client.cookies[auth.COOKIE]
    assert client.post("/sign-out", follow_redirects=False).status_code == 303
    client.cookies.set(auth.COOKIE, token, domain="localhost.local")
    assert client.get("/account", follow_redirects=False).status_code == 303


def test_an_idle_session_ends_and_a_used_one_ends_after_a_week(
    owner: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, began = sign_in(owner), utc_now()

    def at(hours: float) -> int:
        monkeypatch.setattr(auth, "utc_now", lambda: began + timedelta(hours=hours))
        return client.get("/account", follow_redirects=False).status_code

    assert [at(hours) for hours in (7, 14, 21)] == [200, 200, 200]
    assert at(30) == 303
    client = sign_in(owner)
    assert {at(hours) for hours in range(30, 30 + 7 * 24, 6)} == {200}
    assert at(30 + 7 * 24 + 1) == 303


def test_a_shut_account_is_out_at_once(site: Site, owner: User, sign_in: SignIn) -> None:
    from pipeline.actions import people

    desk = Desk(site.store, owner.id)
    ann = people.add_user(desk, "Ann", "ann@example.org", ["interviewer"])
    client = sign_in(ann)
    assert client.get("/account").status_code == 200
    people.change_user(desk, ann.id, active=False)
    assert client.get("/account", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("purpose", ["invite", "reset"])
def test_an_invitation_sets_a_password_once(site: Site, client: TestClient, owner: User, purpose: LinkPurpose) -> None:
    link = link_for(site, owner, purpose)
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "looking does not use it up"
    short = client.post(link, data={"password": "short", "again": "short"})
    assert short.status_code == 400
    assert "12 to 256" in short.text
    assert client.post(link, data={"password": PASSWORD, "again": "another one altogether"}).status_code == 400
    done = client.post(link, data={"password": PASSWORD, "again": PASSWORD}, follow_redirects=False)
    assert done.status_code == 303
    assert client.get("/account").status_code == 200
    client.cookies.clear()
    assert client.get(link).status_code == 404
    assert client.post(link, data={"password": PASSWORD, "again": PASSWORD}).status_code == 404
    assert try_in(client) == 303


def test_the_link_in_the_terminal_lets_in_once(site: Site, client: TestClient, owner: User) -> None:
    link = link_for(site, owner, "sign-in")
    assert client.post(link, follow_redirects=False).headers["location"] == "/"
    assert client.get("/account").status_code == 200
    client.cookies.clear()
    assert client.post(link).status_code == 404


def test_an_old_or_invented_link_says_so(site: Site, client: TestClient, owner: User) -> None:
    assert client.get(link_for(site, owner, "invite", timedelta(seconds=-1))).status_code == 404
    assert "does not work any more" in client.get("/link/invented").text


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil",
     "/a\r\nSet-Cookie: x=1", "/\t/evil.example", "///evil.example", " /x", "/%0d%0a/\x00", ""],
)  # fmt: skip
def test_nobody_is_led_to_another_site(client: TestClient, known: User, address: str) -> None:
    assert local(address) == "/"
    answer = client.post(
        "/sign-in", data={"email": known.email, "password": PASSWORD, "next": address}, follow_redirects=False
    )
    assert answer.headers["location"] == "/"
    assert client.get("/sign-in", params={"next": address}, follow_redirects=False).headers["location"] == "/"


def test_a_change_without_the_sessions_token_changes_nothing(owner: User, sign_in: SignIn) -> None:
    client = sign_in(owner)
    del client.headers["X-CSRF-Token"]
    for form in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": "0" * 64}):
        assert client.post("/account/sign-out-everywhere", data=form).status_code == 403
    assert client.get("/account").status_code == 200


def test_a_change_from_another_site_is_refused_even_with_the_token(owner: User, sign_in: SignIn) -> None:
    client = sign_in(owner)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/sign-out", headers=headers).status_code == 403
    here = client.post("/sign-out", headers={"Origin": "http://localhost"}, follow_redirects=False)
    assert here.status_code == 303


def test_a_page_that_was_open_over_a_restart_still_works(site: Site, owner: User, sign_in: SignIn) -> None:
    from pipeline.web.app import create_app

    client = sign_in(owner)
    again = TestClient(create_app(site), base_url="http://localhost", cookies=client.cookies)
    form = {"csrf": auth.csrf_of(client.cookies[auth.COOKIE])}
    assert again.post("/sign-out", data=form, follow_redirects=False).headers["location"] == "/sign-in"


def test_stored_passwords_cost_an_attacker_64_megabytes_a_guess() -> None:
    from pwdlib.hashers.argon2 import Argon2Hasher

    assert Argon2Hasher().hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_changing_the_password_asks_for_the_present_one_and_ends_other_sessions(
    client: TestClient, known: User, sign_in: SignIn
) -> None:
    sign_in(known)
    elsewhere = client.cookies[auth.COOKIE]
    sign_in(known)
    fresh = {"password": "another fine password", "again": "another fine password"}
    wrong = client.post("/account/password", data={**fresh, "current": "not it at all"})
    assert wrong.status_code == 403
    assert "not your present password" in wrong.text
    assert client.post("/account/password", data={**fresh, "current": PASSWORD}).status_code == 200
    client.cookies.clear()
    client.cookies.set(auth.COOKIE, elsewhere, domain="localhost.local")
    assert client.get("/account", follow_redirects=False).status_code == 303
    assert try_in(client, "another fine password") == 303


def test_a_token_reads_under_api_and_nowhere_else(site: Site, owner: User, sign_in: SignIn) -> None:
    client = sign_in(owner)
    shown = client.post("/account/tokens", data={"name": "nightly"}).text
    token = shown.split('class="secret">')[1].split("<")[0]
    assert token not in client.get("/account").text, "it is shown once"
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/openapi.json", headers=bearer).status_code == 200
    assert client.get("/account", headers=bearer, follow_redirects=False).status_code == 303
    assert client.get("/api/openapi.json", headers={"Authorization": "Bearer invented"}).status_code == 401
    known = accounts.tokens(Desk(site.store, owner.id))[0]
    sign_in(owner).post(f"/account/tokens/{known.id}/remove")
    client.cookies.clear()
    assert client.get("/api/openapi.json", headers=bearer).status_code == 401


def test_an_invalid_token_is_not_rescued_by_a_cookie(owner: User, sign_in: SignIn) -> None:
    client = sign_in(owner)
    assert client.get("/api/openapi.json", headers={"Authorization": "Bearer x"}).status_code == 401


def test_health_says_nothing_about_anyone(client: TestClient, owner: User) -> None:
    assert (client.get("/healthz").text, client.get("/readyz").text) == ("ok\n", "ready\n")
    assert "set-cookie" not in client.get("/readyz").headers


def test_readiness_fails_with_the_media_folder(client: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: str) -> bool:
        raise OSError("bucket away")

    monkeypatch.setattr(site.store.media, "exists", away)
    assert client.get("/readyz").status_code == 503


def test_a_strange_host_is_refused(site: Site) -> None:
    from dataclasses import replace

    from pipeline.web.app import create_app

    named = create_app(replace(site, hosts=frozenset({"localhost", "[::1]"})))
    for host, expected in (("localhost:8000", 200), ("[::1]:8000", 200), ("evil.example", 400), ("", 400)):
        answer = TestClient(named, base_url="http://localhost").get("/sign-in", headers={"Host": host})
        assert answer.status_code == expected


def test_a_huge_body_is_refused_unread(owner: User, sign_in: SignIn) -> None:
    client = sign_in(owner)
    assert client.post("/account/tokens", content=b"x" * (2 << 20) + b"xx").status_code == 413
    assert client.post("/account/tokens", headers={"Content-Length": "-1"}, content=b"").status_code == 413


def test_a_fault_shows_and_logs_no_words_of_anyone(
    site: Site, owner: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from pipeline.web.routes import today

    def broken(_: object) -> None:
        raise RuntimeError("Zelda Quux said zebra")

    monkeypatch.setattr(today, "inbox", broken, raising=False)
    monkeypatch.setattr(accounts, "has_password", broken)
    answer = sign_in(owner).get("/account")
    said = "".join(capfd.readouterr())
    assert answer.status_code == 500
    assert "zebra" not in answer.text + said
    assert "default-src 'none'" in answer.headers["content-security-policy"]
