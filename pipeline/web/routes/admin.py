"""Admin: people and roles, engines and weights, health."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from models.user import USER_ROLES, LinkPurpose, UserRole
from pipeline.actions import accounts, checking, people
from pipeline.actions.desk import Desk
from pipeline.errors import DebriefError
from pipeline.judgement.permissions import may
from pipeline.web.auth import SignedIn, new_secret, sealed
from pipeline.web.site import back, page, site
from pipeline.web.standing import engines_of, standing

router = APIRouter(prefix="/admin", include_in_schema=False)
INVITATION = timedelta(days=3)
Roles = Annotated[list[str] | None, Form()]


@router.get("")
def first(request: Request, desk: SignedIn) -> Response:
    """To the first of the admin pages that one may see."""
    user = request.state.user
    return RedirectResponse("/admin/people" if may(user, "manage-users") else "/admin/audit", status_code=303)


@router.get("/people")
def everyone(request: Request, desk: SignedIn) -> Response:
    """Everyone with an account, their roles, and a form for one more."""
    return _people(request, desk)


@router.post("/people")
def add(
    request: Request,
    desk: SignedIn,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    roles: Roles = None,
) -> Response:
    """One more person, and the invitation to give them."""
    try:
        user = people.add_user(desk, name[:120], email[:254], _roles(roles))
    except DebriefError as error:
        return _people(request, desk, status=error.http_status, wrong=str(error), name=name, email=email)
    return _person(request, desk, user.id, link=_link(request, desk, user.id, "invite"))


@router.get("/people/{person}")
def one(request: Request, desk: SignedIn, person: str) -> Response:
    """One account: roles, shut or open, links, tokens."""
    return _person(request, desk, person)


@router.post("/people/{person}")
def change(
    request: Request, desk: SignedIn, person: str, roles: Roles = None, active: Annotated[bool, Form()] = False
) -> Response:
    """Other roles, or an account shut or opened; shutting one ends its sessions."""
    try:
        user = people.change_user(desk, person, roles=_roles(roles), active=active)
    except DebriefError as error:
        if error.http_status == 404:
            raise
        return _person(request, desk, person, status=error.http_status, wrong=str(error))
    if not user.active:
        accounts.person(desk, person)
    accounts.close_sessions(desk, person)
    return back(f"/admin/people/{person}", said="saved")


@router.post("/people/{person}/link")
def link(request: Request, desk: SignedIn, person: str) -> Response:
    """A link by which the person sets a password, once; it is shown this once."""
    accounts.person(desk, person)  # asks for permission: one's own account is not looked after here
    purpose: LinkPurpose = "reset" if accounts.has_password(desk, person) else "invite"
    return _person(request, desk, person, link=_link(request, desk, person, purpose))


@router.post("/people/{person}/sign-out")
def sign_out(desk: SignedIn, person: str) -> Response:
    """Ends all sessions of the person."""
    accounts.person(desk, person)
    accounts.close_sessions(desk, person)
    return back(f"/admin/people/{person}", said="saved")


@router.post("/people/{person}/tokens/{token}/remove")
def remove_token(desk: SignedIn, person: str, token: str) -> Response:
    """Takes a token of the person back."""
    accounts.person(desk, person)
    accounts.remove_token(desk, token)
    return back(f"/admin/people/{person}", said="deleted")


@router.get("/engines")
def engines(request: Request, desk: SignedIn) -> Response:
    """Which engines with which weights make the drafts here."""
    size = checking.size(desk)
    return page(
        request, "admin_engines.html", here="admin", tab="engines", size=size, engines=engines_of(site(request))
    )


@router.get("/health")
def health(request: Request, desk: SignedIn) -> Response:
    """How much there is, what is being worked on, and by whom."""
    size = checking.size(desk)
    return page(request, "admin_health.html", here="admin", tab="health", size=size, now=standing(site(request), desk))


def _people(
    request: Request, desk: Desk, *, status: int = 200, wrong: str = "", name: str = "", email: str = ""
) -> Response:
    rows = accounts.everyone(desk)
    return page(
        request, "admin_people.html", here="admin", tab="people", status=status, rows=rows, wrong=wrong, all_roles=USER_ROLES,
        name=name, email=email,
    )  # fmt: skip


def _person(
    request: Request, desk: Desk, person: str, *, status: int = 200, wrong: str = "", link: str = ""
) -> Response:
    found = accounts.person(desk, person)
    return page(
        request, "admin_person.html", here="admin", tab="people", status=status, person=found, wrong=wrong, link=link,
        all_roles=USER_ROLES, tokens=accounts.tokens(desk, person), has_password=accounts.has_password(desk, person),
        days=INVITATION.days,
    )  # fmt: skip


def _link(request: Request, desk: Desk, person: str, purpose: LinkPurpose) -> str:
    secret = new_secret()
    accounts.make_link(desk, person, sealed(secret), purpose, INVITATION)
    return f"{request.url.scheme}://{request.url.netloc}/link/{secret}"


def _roles(sent: list[str] | None) -> list[UserRole]:
    """As sent; the action says which is no role."""
    return cast("list[UserRole]", list(dict.fromkeys(sent or ())))
