"""Who asks: sessions by cookie, programs by token, and the token that every change must carry."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.user import User
from pipeline.actions.desk import Desk
from pipeline.errors import ForbiddenError
from pipeline.store import openings
from pipeline.web.site import Site, site

COOKIE = "debrief_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SECRET = secrets.token_bytes(32)
_SESSIONS: dict[str, str] = {}


class SignInNeededError(Exception):
    """Nobody is signed in; the app answers with the sign-in page or 401."""


async def identify(request: Request, parts: Site) -> None:
    """Puts ``user`` (or None) and ``csrf`` into ``request.state``."""
    request.state.user, request.state.csrf = None, ""
    token = request.cookies.get(COOKIE, "")
    person = _SESSIONS.get(hashlib.sha256(token.encode()).hexdigest()) if token else None
    if person is not None:
        with parts.store.read() as c:
            user = openings.get_user(c, person)
        if user.active:
            request.state.user = user
            request.state.csrf = csrf_of(token)


def csrf_of(token: str) -> str:
    """The token that a change in this session must carry."""
    return hmac.new(_SECRET, token.encode(), hashlib.sha256).hexdigest()


def open_session(response: Response, user: User, *, secure: bool) -> None:
    """Signs the user in on this response."""
    token = secrets.token_urlsafe(32)
    _SESSIONS[hashlib.sha256(token.encode()).hexdigest()] = user.id
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=secure, path="/")


def to_sign_in(request: Request) -> Response:
    """To the sign-in page, and back here afterwards."""
    return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", status_code=303)


async def signed_in(request: Request) -> Desk:
    """The acting person's desk. A change must carry the session's token: field ``csrf`` or header ``X-CSRF-Token``."""
    user = request.state.user
    if user is None:
        raise SignInNeededError
    if request.method not in SAFE:
        sent = request.headers.get("x-csrf-token", "")
        if not sent and request.headers.get("content-type", "").startswith(("application/x-www-form", "multipart/")):
            sent = str((await request.form()).get("csrf", ""))
        if not hmac.compare_digest(sent, request.state.csrf):
            raise ForbiddenError("This page is out of date.", "Reload it and repeat; nothing was changed.")
    return Desk(site(request).store, user.id)


SignedIn = Annotated[Desk, Depends(signed_in)]
"""Every handler behind the sign-in takes ``desk: SignedIn``."""
