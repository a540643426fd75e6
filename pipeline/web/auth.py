"""Who asks: people by a session in a cookie, programs by a token; and the token that every change must carry.

The browser holds a random token; the database holds its sha256, so that whoever reads the database cannot sign in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from models.user import User
from pipeline.actions import accounts
from pipeline.actions.desk import Desk, utc_now
from pipeline.errors import ForbiddenError
from pipeline.web.site import Site, site

COOKIE = "debrief_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
IDLE = timedelta(hours=8)
"""A session that is not used for so long has ended."""

LONGEST = timedelta(days=7)
"""However much it is used, a session ends after this."""

STEP = timedelta(minutes=10)
"""How exactly use is noted: writing at every request would be waste."""

TOKEN_START = "debrief_"  # noqa: S105 - the beginning by which a leaked token is recognised, not a secret


class SignInNeededError(Exception):
    """Nobody is signed in; the app answers with the sign-in page or 401."""


def new_secret() -> str:
    """A random secret for a session, a link or a token."""
    return secrets.token_urlsafe(32)


def sealed(secret: str) -> str:
    """The sha256 under which a secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def identify(request: Request, parts: Site) -> None:
    """Puts ``user`` (or None), ``csrf``, ``session`` (its hash) and ``scopes`` (None: not a program) into ``request.state``.

    A program sends ``Authorization: Bearer`` to ``/api/…``; its cookie does not count then, nor a token anywhere else.
    """
    state = request.state
    state.user, state.csrf, state.session, state.scopes = None, "", "", None
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    if request.url.path.startswith("/api/") and kind.lower() == "bearer":
        found = await run_in_threadpool(accounts.token_user, parts.store, sealed(bearer.strip()), utc_now())
        if found is not None:
            state.user, state.scopes = found
        return
    token = request.cookies.get(COOKIE, "")
    if token:
        user = await run_in_threadpool(_session_user, parts, sealed(token))
        if user is not None:
            state.user, state.session, state.csrf = user, sealed(token), csrf_of(token)


def _session_user(parts: Site, token_hash: str) -> User | None:
    now = utc_now()
    found = accounts.signed_in(parts.store, token_hash, now)
    if found is None:
        return None
    session, user = found
    until = min(now + IDLE, session.created_at + LONGEST)
    if until - session.expires_at >= STEP:
        accounts.extend_session(parts.store, token_hash, until)
    return user


def csrf_of(token: str) -> str:
    """What a change in this session must carry: it follows from the session's token and cannot be had without it."""
    return hmac.new(token.encode(), b"debrief csrf", hashlib.sha256).hexdigest()


def open_session(parts: Site, response: Response, user: User) -> str:
    """Signs the user in on this response and returns the session's token."""
    token = new_secret()
    accounts.open_session(parts.store, user.id, sealed(token), utc_now(), IDLE)
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="lax",
        secure=parts.secure,
        path="/",
        max_age=int(LONGEST.total_seconds()),
    )
    return token


def local(address: str) -> str:
    """The address where it is a path of this site, and Today otherwise: nobody is led elsewhere."""
    if not address.startswith("/") or address[1:2] in ("/", "\\") or any(ord(c) < 33 or c == "\\" for c in address):
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc else address


def to_sign_in(request: Request) -> Response:
    """To the sign-in page, and back here afterwards."""
    here = request.url.path
    if request.method in SAFE and request.url.query:
        here += f"?{request.url.query}"
    return RedirectResponse(f"/sign-in?next={quote(local(here))}", status_code=303)


async def signed_in(request: Request) -> Desk:
    """The acting person's desk. A change must carry the session's token: field ``csrf`` or header ``X-CSRF-Token``.

    A program's token needs the scope instead: ``read`` to read, ``write`` to change.
    """
    state = request.state
    if state.user is None:
        raise SignInNeededError
    changing = request.method not in SAFE
    if state.scopes is not None:
        needed = "write" if changing else "read"
        if needed not in state.scopes:
            raise ForbiddenError(f"This token has no scope {needed!r}.", "Make another one under Account.")
    elif changing:
        sent = request.headers.get("x-csrf-token", "")
        if not sent and request.headers.get("content-type", "").startswith(("application/x-www-form", "multipart/")):
            sent = str((await request.form()).get("csrf", ""))
        if not hmac.compare_digest(sent.encode(), state.csrf.encode()):
            raise ForbiddenError("This page is out of date.", "Reload it and repeat; nothing was changed.")
    return Desk(site(request).store, state.user.id)


SignedIn = Annotated[Desk, Depends(signed_in)]
"""Every handler behind the sign-in takes ``desk: SignedIn``."""
