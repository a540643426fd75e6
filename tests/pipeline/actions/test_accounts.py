"""Signing in: what lets a person in, for how long, and what the database never holds."""

import hashlib
import threading
from datetime import timedelta

import pytest
from builders import NOON
from scene import Scene

from pipeline.actions import accounts, people
from pipeline.errors import ForbiddenError, NotFoundError, UsageError
from pipeline.store import tables

HOUR = timedelta(hours=1)
ARGON = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"


def sha(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@pytest.fixture
def scene(any_store):
    return Scene(any_store)


def session_user(store, token_hash, now):
    """Who is signed in with that token, or None."""
    found = accounts.signed_in(store, token_hash, now)
    return found[1] if found else None


def test_password_is_found_by_address_of_an_active_person(scene):
    ann = scene.people["ann"]
    assert accounts.find_for_sign_in(scene.store, "ANN@example.org ") == (ann, None)
    accounts.set_password(scene.desk("ann"), ann.id, ARGON)
    assert accounts.find_for_sign_in(scene.store, "ann@example.org") == (ann, ARGON)
    assert accounts.has_password(scene.desk("ann"), ann.id)
    people.change_user(scene.desk("admin"), ann.id, active=False)
    assert accounts.find_for_sign_in(scene.store, "ann@example.org") is None
    assert accounts.find_for_sign_in(scene.store, "nobody@example.org") is None


def test_password_is_set_by_oneself_or_an_admin_and_never_in_plain_text(scene):
    ann = scene.people["ann"].id
    with pytest.raises(UsageError, match="argon2"):
        accounts.set_password(scene.desk("ann"), ann, "hunter2")
    with pytest.raises(ForbiddenError):
        accounts.set_password(scene.desk("bob"), ann, ARGON)
    accounts.set_password(scene.desk("admin"), ann, ARGON)


def test_session_lasts_until_it_expires_or_is_closed(scene):
    ann = scene.people["ann"]
    now = scene.clock()
    accounts.open_session(scene.store, ann.id, sha("s"), now, HOUR)
    assert session_user(scene.store, sha("s"), now) == ann
    assert session_user(scene.store, sha("s"), now + HOUR) is None
    accounts.extend_session(scene.store, sha("s"), now + 3 * HOUR)
    assert session_user(scene.store, sha("s"), now + 2 * HOUR) == ann
    accounts.close_session(scene.store, sha("s"))
    assert session_user(scene.store, sha("s"), now) is None
    with pytest.raises(UsageError, match="sha256"):
        accounts.open_session(scene.store, ann.id, "the token itself", now, HOUR)


def test_new_password_or_shut_account_ends_every_session(scene):
    ann, now = scene.people["ann"].id, scene.clock()
    for secret in ("laptop", "phone"):
        accounts.open_session(scene.store, ann, sha(secret), now, HOUR)
    accounts.set_password(scene.desk("ann"), ann, ARGON)
    assert session_user(scene.store, sha("laptop"), now) is None
    accounts.open_session(scene.store, ann, sha("again"), now, HOUR)
    people.change_user(scene.desk("admin"), ann, active=False)
    assert session_user(scene.store, sha("again"), now) is None
    with pytest.raises(ForbiddenError):
        accounts.open_session(scene.store, ann, sha("more"), now, HOUR)


def test_expired_sessions_are_forgotten(scene):
    ann, now = scene.people["ann"].id, scene.clock()
    accounts.open_session(scene.store, ann, sha("old"), now, HOUR)
    accounts.open_session(scene.store, ann, sha("new"), now + 2 * HOUR, HOUR)
    with scene.store.read() as c:
        assert [row.hash for row in c.execute(tables.session.select())] == [sha("new")]


def test_link_lets_in_once(scene):
    ann, now = scene.people["ann"], scene.clock()
    accounts.make_link(scene.desk("admin"), ann.id, sha("link"), "invite", HOUR)
    assert accounts.seen_link(scene.store, sha("link"), now)[0].purpose == "invite"
    assert accounts.use_link(scene.store, sha("link"), now) == (ann, "invite")
    assert accounts.use_link(scene.store, sha("link"), now) is None
    assert accounts.seen_link(scene.store, sha("link"), now) is None


def test_link_expires_and_a_newer_one_replaces_it(scene):
    ann = scene.people["ann"].id
    accounts.make_link(scene.desk("ann"), ann, sha("one"), "reset", HOUR)
    accounts.make_link(scene.desk("ann"), ann, sha("two"), "reset", HOUR)
    assert accounts.use_link(scene.store, sha("one"), scene.clock()) is None
    assert accounts.use_link(scene.store, sha("two"), scene.clock() + 2 * HOUR) is None
    with pytest.raises(ForbiddenError):
        accounts.make_link(scene.desk("bob"), ann, sha("three"), "reset")


def test_link_used_by_two_at_once_lets_one_in(scene):
    accounts.make_link(scene.desk("admin"), scene.people["ann"].id, sha("race"), "invite", HOUR)
    got = []
    racers = [
        threading.Thread(target=lambda: got.append(accounts.use_link(scene.store, sha("race"), scene.clock())))
        for _ in range(6)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(got) == 6
    assert sum(entry is not None for entry in got) == 1


def test_token_acts_as_its_person_until_it_is_taken_back(scene):
    desk, now = scene.desk("ann"), scene.clock()
    token = accounts.add_token(desk, "nightly upload", sha("t"), ["read", "write"])
    assert accounts.token_user(scene.store, sha("t"), now) == (scene.people["ann"], ("read", "write"))
    assert accounts.tokens(desk)[0].last_used_at == now
    assert accounts.tokens(scene.desk("admin"), scene.people["ann"].id)[0].id == token.id
    with pytest.raises(ForbiddenError):
        accounts.remove_token(scene.desk("bob"), token.id)
    with pytest.raises(ForbiddenError):
        accounts.tokens(scene.desk("bob"), scene.people["ann"].id)
    accounts.remove_token(desk, token.id)
    assert accounts.token_user(scene.store, sha("t"), now) is None
    with pytest.raises(NotFoundError):
        accounts.remove_token(desk, token.id)


@pytest.mark.parametrize(("name", "scopes"), [("", ["read"]), ("x", []), ("x", ["everything"])])
def test_token_without_name_or_known_scope_is_refused(scene, name, scopes):
    with pytest.raises(UsageError):
        accounts.add_token(scene.desk("ann"), name, sha("t"), scopes)


def test_failed_tries_are_counted_since_the_last_success(scene):
    key = sha("ann@example.org")
    for minute, succeeded in enumerate((False, True, False, False)):
        accounts.note_try(scene.store, key, succeeded, NOON + minute * timedelta(minutes=1))
    assert len(accounts.failed_tries(scene.store, key, NOON)) == 2
    assert len(accounts.failed_tries(scene.store, key, NOON + timedelta(minutes=3))) == 1
    assert accounts.failed_tries(scene.store, sha("bob"), NOON) == ()
