"""One's own account: password, tokens for programs, and signing out everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.actions import accounts
from pipeline.actions.desk import Desk, utc_now
from pipeline.errors import DebriefError, ForbiddenError
from pipeline.web import passwords
from pipeline.web.auth import COOKIE, TOKEN_START, SignedIn, new_secret, open_session, sealed
from pipeline.web.routes.sign_in import new_password
from pipeline.web.site import back, page, site

router = APIRouter(include_in_schema=False)


@router.get("/account")
def account(request: Request, desk: SignedIn) -> Response:
    """Who one is here, and what acts in one's name."""
    return _show(request, desk)


@router.post("/account/password")
def change_password(
    request: Request,
    desk: SignedIn,
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
    current: Annotated[str, Form()] = "",
) -> Response:
    """Another password; the present one is asked for. Other sessions end, this one goes on."""
    user = request.state.user
    try:
        if (
            accounts.has_password(desk, user.id)
            and passwords.check(desk.store, user.email, current, "", utc_now()) is None
        ):
            raise ForbiddenError("That is not your present password.", "Try again, or ask an admin for a link.")
        accounts.set_password(desk, user.id, new_password(password, again))
    except DebriefError as error:
        return _show(request, desk, status=error.http_status, wrong=str(error))
    answer = back("/account", said="saved")
    open_session(site(request), answer, user)
    return answer


@router.post("/account/tokens")
def add_token(
    request: Request, desk: SignedIn, name: Annotated[str, Form()] = "", write: Annotated[bool, Form()] = False
) -> Response:
    """A token for a program; it is shown this once."""
    secret = TOKEN_START + new_secret()
    try:
        accounts.add_token(desk, name[:80], sealed(secret), ("read", "write") if write else ("read",))
    except DebriefError as error:
        return _show(request, desk, status=error.http_status, wrong=str(error))
    return _show(request, desk, made=secret)


@router.post("/account/tokens/{token_id}/remove")
def remove_token(desk: SignedIn, token_id: str) -> Response:
    """Takes a token back; it stops working at once."""
    accounts.remove_token(desk, token_id)
    return back("/account", said="deleted")


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(desk: SignedIn) -> Response:
    """Ends all of one's sessions, this one too."""
    accounts.close_sessions(desk, desk.actor)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _show(request: Request, desk: Desk, *, status: int = 200, wrong: str = "", made: str = "") -> Response:
    return page(
        request, "account.html", status=status, tokens=accounts.tokens(desk), wrong=wrong, made=made,
        has_password=accounts.has_password(desk, desk.actor), shortest=passwords.SHORTEST,
    )  # fmt: skip
