"""Signing in: passwords, sessions, one-time links, tokens and the tries that are throttled.

Hashing happens outside: passwords come as argon2 hashes, tokens and links as the sha256 (64 hex digits) of a random secret.
What is stored cannot be used to sign in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from models.user import ApiToken, LinkPurpose, OneTimeLink, Session, User
from pipeline.actions.desk import Desk, new_id
from pipeline.errors import ForbiddenError, NotFoundError, UsageError
from pipeline.store import audit, openings, sign_in
from pipeline.store.store import Store

TRIES_KEPT = timedelta(days=1)
TOUCH = timedelta(minutes=1)
"""How exactly the last use of a token is noted: a write for every request would be waste."""

SCOPES = ("read", "write")
"""What a token may be narrowed to; what its person may not do, it may not do either."""


def find_for_sign_in(store: Store, email: str) -> tuple[User, str | None] | None:
    """The active person with that address and their password hash (None: none set yet); None for nobody."""
    with store.read() as c:
        user = openings.user_by_email(c, email)
        return (user, sign_in.password_hash(c, user.id)) if user and user.active else None


def set_password(desk: Desk, user_id: str, password_hash: str) -> None:
    """A new password for oneself, or for anybody as an admin. It ends the person's sessions everywhere."""
    if not password_hash.startswith("$argon2"):
        raise UsageError("Only an argon2 hash is stored as a password.", "Hash the password first.")
    with desk.store.write() as c:
        user = openings.get_user(c, user_id)
        if user_id != desk.actor:
            desk.require(c, "manage-users")
        sign_in.set_password(c, user.id, password_hash, desk.clock())
        sign_in.remove_sessions(c, user.id)
        desk.log(c, "set-password", "user", user.id)


def has_password(desk: Desk, user_id: str) -> bool:
    """Whether the person has set a password; one's own, or anybody's as an admin."""
    with desk.store.read() as c:
        if user_id != desk.actor:
            desk.require(c, "manage-users")
        return sign_in.password_hash(c, user_id) is not None


def everyone(desk: Desk) -> tuple[tuple[User, bool], ...]:
    """All accounts by name, and whether each has a password: for admins."""
    with desk.store.read() as c:
        desk.require(c, "manage-users")
        return tuple((user, sign_in.password_hash(c, user.id) is not None) for user in openings.users(c))


def person(desk: Desk, user_id: str) -> User:
    """An account, for admins."""
    with desk.store.read() as c:
        desk.require(c, "manage-users")
        return openings.get_user(c, user_id)


def open_session(store: Store, user_id: str, token_hash: str, now: datetime, lifetime: timedelta) -> Session:
    """Signs a person in; ForbiddenError for an account that is shut."""
    session = Session(hash=_sha256(token_hash), person=user_id, created_at=now, expires_at=now + lifetime)
    with store.write() as c:
        if not openings.get_user(c, user_id).active:
            raise ForbiddenError("This account is shut.", "Ask an admin.")
        sign_in.add_session(c, session)
        audit.record(c, actor=user_id, action="sign-in", kind="user", entity=user_id, now=now, code=store.code)
    return session


def signed_in(store: Store, token_hash: str, now: datetime) -> tuple[Session, User] | None:
    """The session of that token and whose it is, in one look; None where it has ended or the account is shut."""
    with store.read() as c:
        found = sign_in.get_session(c, token_hash, now)
        user = openings.get_user(c, found.person) if found else None
    return (found, user) if found and user and user.active else None


def extend_session(store: Store, token_hash: str, expires_at: datetime) -> None:
    """Lets a session that is in use last until then."""
    with store.write() as c:
        sign_in.extend_session(c, token_hash, expires_at)


def close_session(store: Store, token_hash: str) -> None:
    """Signs out; nothing happens where the session has ended already."""
    with store.write() as c:
        sign_in.remove_session(c, token_hash)


def close_sessions(desk: Desk, user_id: str) -> int:
    """Ends all sessions of oneself, or of anybody as an admin, and returns how many there were."""
    with desk.store.write() as c:
        if user_id != desk.actor:
            desk.require(c, "manage-users")
        ended = sign_in.remove_sessions(c, user_id)
        desk.log(c, "end-sessions", "user", user_id)
    return ended


def make_link(
    desk: Desk, user_id: str, link_hash: str, purpose: LinkPurpose, lifetime: timedelta = timedelta(hours=24)
) -> OneTimeLink:
    """A one-time link for oneself, or for anybody as an admin; the person's earlier unused ones for this purpose end."""
    now = desk.clock()
    link = OneTimeLink(
        hash=_sha256(link_hash), person=user_id, purpose=purpose, created_at=now, expires_at=now + lifetime
    )
    with desk.store.write() as c:
        openings.get_user(c, user_id)
        if user_id != desk.actor:
            desk.require(c, "manage-users")
        sign_in.add_link(c, link)
        desk.log(c, f"link-{purpose}", "user", user_id)
    return link


def seen_link(store: Store, link_hash: str, now: datetime) -> tuple[OneTimeLink, User] | None:
    """The link, which is not used up, and whom it is for where it still works; None also for an account that is shut."""
    with store.read() as c:
        link = sign_in.get_link(c, link_hash, now)
        user = openings.get_user(c, link.person) if link else None
    return (link, user) if link and user and user.active else None


def use_link(store: Store, link_hash: str, now: datetime) -> tuple[User, LinkPurpose] | None:
    """Uses a link up and says for whom and what it is; None where it is unknown, used, expired or the account is shut."""
    with store.write() as c:
        link = sign_in.use_link(c, link_hash, now)
        user = openings.get_user(c, link.person) if link else None
        if link is None or user is None or not user.active:
            return None
        audit.record(
            c, actor=user.id, action=f"use-link-{link.purpose}", kind="user", entity=user.id, now=now, code=store.code
        )
        return user, link.purpose


def add_token(desk: Desk, name: str, token_hash: str, scopes: Sequence[str] = ("read",)) -> ApiToken:
    """A token for a program that acts as oneself."""
    if not name.strip():
        raise UsageError("A token needs a name.", "Say what it is for.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise UsageError(f"There is no scope {unknown[0] if unknown else ''!r}.", f"Scopes are {', '.join(SCOPES)}.")
    token = ApiToken(
        id=new_id(), hash=_sha256(token_hash), person=desk.actor, name=name.strip(), scopes=tuple(scopes),
        created_at=desk.clock(),
    )  # fmt: skip
    with desk.store.write() as c:
        if not desk.who(c).active:
            raise ForbiddenError("This account is shut.", "Ask an admin.")
        sign_in.add_token(c, token)
        desk.log(c, "add-token", "user", desk.actor)
    return token


def tokens(desk: Desk, user_id: str | None = None) -> tuple[ApiToken, ...]:
    """One's own tokens, or as an admin somebody else's."""
    with desk.store.read() as c:
        if user_id is not None and user_id != desk.actor:
            desk.require(c, "manage-users")
        return sign_in.tokens(c, user_id or desk.actor)


def remove_token(desk: Desk, token_id: str) -> None:
    """Takes a token back: one's own, or anybody's as an admin."""
    with desk.store.write() as c:
        token = next((x for x in sign_in.tokens(c) if x.id == token_id), None)
        if token is None:
            raise NotFoundError("There is no such token.", "It may have been taken back already.")
        if token.person != desk.actor:
            desk.require(c, "manage-users")
        sign_in.remove_token(c, token_id)
        desk.log(c, "remove-token", "user", token.person)


def token_user(store: Store, token_hash: str, now: datetime) -> tuple[User, tuple[str, ...]] | None:
    """Who a token acts as and its scopes; None where it is unknown or the account is shut."""
    with store.read() as c:
        token = sign_in.get_token(c, token_hash)
        user = openings.get_user(c, token.person) if token else None
    if token is None or user is None or not user.active:
        return None
    if token.last_used_at is None or now - token.last_used_at >= TOUCH:
        with store.write() as c:
            sign_in.touch_token(c, token.id, now)
    return user, token.scopes


def note_try(store: Store, key: str, succeeded: bool, now: datetime) -> None:
    """Notes a try to sign in. ``key`` is the sha256 of what is throttled (an address, an account)."""
    with store.write() as c:
        sign_in.add_try(c, _sha256(key), succeeded, now, now - TRIES_KEPT)


def failed_tries(store: Store, key: str, since: datetime) -> tuple[datetime, ...]:
    """When tries with that key failed since then and since the last that succeeded, oldest first."""
    with store.read() as c:
        return sign_in.failures(c, key, since)


def _sha256(value: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise UsageError("Only a sha256 is stored here, never the secret itself.", "Hash it first.")
    return value
