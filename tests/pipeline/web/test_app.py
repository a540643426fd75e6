"""What every page of the web app does."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.testclient import TestClient

from models.user import User


def test_today_needs_a_sign_in(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_today_says_that_nothing_waits(owner: User, sign_in: Callable[[User], TestClient]) -> None:
    answer = sign_in(owner).get("/")
    assert answer.status_code == 200
    assert "Nothing waits for you" in answer.text


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/static/style.css", "/nowhere"):
        policy = client.get(path, follow_redirects=False).headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-inline" not in policy
