"""Signing in and out, and one-time links: the first way in, invitations, forgotten passwords."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from models.user import OneTimeLink, User
from pipeline.actions import accounts
from pipeline.actions.desk import Desk, utc_now
from pipeline.errors import UsageError
from pipeline.web import passwords
from pipeline.web.auth import COOKIE, SignedIn, local, open_session, sealed
from pipeline.web.site import page, site

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:
    """The sign-in page; who is signed in already goes on."""
    if request.state.user is not None:
        return RedirectResponse(local(next), status_code=303)
    return page(request, "sign_in.html", next=local(next), email="", wrong="")


@router.post("/sign-in")
def sign_in(
    request: Request,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Signs in with e-mail and password; many failed tries have to wait, whether the account exists or not."""
    store, now = site(request).store, utc_now()
    address = request.client.host if request.client else ""
    wait = passwords.minutes_to_wait(store, email, address, now)
    shown = {"next": local(next), "email": email[:200]}
    if wait:
        wrong = f"Too many tries. Wait {wait} minute{'s' if wait > 1 else ''}, or ask an admin for a link."
        return page(request, "sign_in.html", status=429, wrong=wrong, **shown)
    user = passwords.check(store, email, password, address, now)
    if user is None:
        wrong = "E-mail and password do not belong together."
        return page(request, "sign_in.html", status=403, wrong=wrong, **shown)
    answer = RedirectResponse(local(next), status_code=303)
    open_session(site(request), answer, user)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, desk: SignedIn) -> Response:
    """Ends this session."""
    accounts.close_session(desk.store, request.state.session)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/link/{secret}")
def see_link(request: Request, secret: str) -> Response:
    """What a link is for. Looking does not use it up: mail programs look at links before people do."""
    found = _link(request, secret)
    if found is None:
        return _spent(request)
    link, user = found
    return page(request, "link.html", link=link, person=user, secret=secret, wrong="")


@router.post("/link/{secret}")
def use_link(
    request: Request, secret: str, password: Annotated[str, Form()] = "", again: Annotated[str, Form()] = ""
) -> Response:
    """Uses the link up: signs in, and sets the password where the link is for that."""
    parts = site(request)
    found = _link(request, secret)
    if found is None:
        return _spent(request)
    link, user = found
    new_hash = ""
    if link.purpose != "sign-in":
        try:
            new_hash = new_password(password, again)
        except UsageError as error:
            return page(request, "link.html", status=400, link=link, person=user, secret=secret, wrong=str(error))
    if accounts.use_link(parts.store, sealed(secret), utc_now()) is None:
        return _spent(request)
    if new_hash:
        accounts.set_password(Desk(parts.store, user.id), user.id, new_hash)
    answer = RedirectResponse("/", status_code=303)
    open_session(parts, answer, user)
    return answer


def new_password(password: str, again: str) -> str:
    """The hash of a new password that was typed twice."""
    if password != again:
        raise UsageError("The two passwords differ.", "Type the same one twice.")
    return passwords.hashed(password)


def _link(request: Request, secret: str) -> tuple[OneTimeLink, User] | None:
    return accounts.seen_link(site(request).store, sealed(secret), utc_now())


def _spent(request: Request) -> Response:
    return page(
        request, "error.html", status=404, message="This link does not work any more.", code=404,
        remedy="It was used already or has expired. Ask for another one.",
    )  # fmt: skip
