"""What stands before every page: right host, right origin, no huge bodies, who asks; and the headers of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.auth import SAFE, identify
from pipeline.web.site import site

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
HTTPS_ONLY = ("Strict-Transport-Security", "max-age=31536000")
UNNAMED = ("/static/", "/healthz", "/readyz")
"""Addresses that ask nobody's name and touch no session."""

OPEN = (*UNNAMED, "/sign-in", "/link/")
"""Addresses that can be used without being signed in; every other one asks for it, whatever its handler does."""

BODY = 2 << 20
PIECE = 34 << 20
"""The largest body in bytes: of a form or a call, and of what is sent under ``/upload`` and ``/api/uploads``."""

Answer = Callable[[Request, int, str, str], Response]
Late = Callable[[Request, Exception], Awaitable[Response]]


class TooLargeError(Exception):
    """More is being sent than this address takes."""


class Guard:
    """ASGI middleware. ``answer`` renders an error for people or programs, ``ask`` asks to sign in, ``failed`` answers
    an unforeseen fault.
    """

    def __init__(self, app: ASGIApp, answer: Answer, ask: Callable[[Request], Response], failed: Late) -> None:
        self.app = app
        self.answer = answer
        self.ask = ask
        self.failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; anything that is not HTTP passes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        parts = site(request)
        begun = False

        async def dressed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                dress(MutableHeaders(scope=message), secure=parts.secure)
            await send(message)

        refusal = self._refusal(request, parts.hosts)
        if refusal is not None:
            await refusal(scope, receive, dressed)
            return
        try:
            if not request.url.path.startswith(UNNAMED):
                await identify(request, parts)
            if request.state.user is None and not request.url.path.startswith(OPEN):
                await self.ask(request)(scope, receive, dressed)
                return
            await self.app(scope, _measured(request, receive), dressed)
        except TooLargeError:
            if not begun:
                await self._too_large(request)(scope, receive, dressed)
        except Exception as error:
            # The server would print the exception with its words, and those may be a candidate's.
            answer = await self.failed(request, error)
            if not begun:
                await answer(scope, receive, dressed)

    def _refusal(self, request: Request, hosts: frozenset[str]) -> Response | None:
        request.state.user, request.state.csrf = None, ""
        host = request.headers.get("host", "")
        if hosts and bare(host) not in hosts and not request.url.path.startswith(UNNAMED[1:]):
            return self.answer(
                request, 400, "This server does not go by that name.", "Use the address that was printed."
            )
        if request.method not in SAFE:
            origin = request.headers.get("origin")
            elsewhere = origin is not None and origin.partition("://")[2].lower() != host.lower()
            if elsewhere or request.headers.get("sec-fetch-site") == "cross-site":
                return self.answer(request, 403, "This came from another site.", "Open debrief and do it there.")
        length = request.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > largest(request):
            return self._too_large(request)
        return None

    def _too_large(self, request: Request) -> Response:
        return self.answer(request, 413, "That is too much at once.", "Upload recordings on the Upload page.")


def dress(headers: MutableHeaders, *, secure: bool) -> None:
    """Puts the security headers on an answer."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if secure:
        headers.setdefault(*HTTPS_ONLY)


def bare(host: str) -> str:
    """A host without its port, in small letters."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.rpartition(":")[0] if ":" in name else name


def largest(request: Request) -> int:
    """The largest body that this address takes, in bytes."""
    return PIECE if request.url.path.startswith(("/upload", "/api/uploads")) else BODY


def _measured(request: Request, receive: Receive) -> Receive:
    left = largest(request)

    async def measured() -> Any:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLargeError
        return message

    return measured
