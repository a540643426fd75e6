"""Accounts: the first admin, further people, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.user import USER_ROLES, User, UserRole
from pipeline.actions.desk import Desk, new_id, utc_now
from pipeline.errors import ConflictError, UsageError
from pipeline.store import audit, openings
from pipeline.store.store import Store


def first_user(store: Store, name: str, email: str, *, now: datetime | None = None) -> User:
    """The owner of a fresh installation, with every role; ConflictError where there is someone already."""
    user = User(id=new_id(), name=name, email=email, roles=USER_ROLES)
    with store.write() as c:
        if openings.users(c):
            raise ConflictError("This installation has users already.", "Ask an admin for an account.")
        openings.add_user(c, user)
        audit.record(
            c, actor=user.id, action="add-first-user", kind="user", entity=user.id, now=now or utc_now(),
            after=user,
            key=user.id, code=store.code,
        )  # fmt: skip
    return user


def add_user(desk: Desk, name: str, email: str, roles: Sequence[UserRole]) -> User:
    """A new account."""
    _check(email, roles)
    user = User(id=new_id(), name=name.strip(), email=email.strip(), roles=tuple(roles))
    with desk.store.write() as c:
        desk.require(c, "manage-users")
        if openings.user_by_email(c, email):
            raise ConflictError(f"{email} has an account already.", "Change its roles instead.")
        openings.add_user(c, user)
        desk.log(c, "add-user", "user", user.id)
    return user


def change_user(
    desk: Desk, user_id: str, *, roles: Sequence[UserRole] | None = None, active: bool | None = None
) -> User:
    """Other roles, or an account shut or opened again. The last admin cannot be taken away."""
    with desk.store.write() as c:
        desk.require(c, "manage-users")
        before = openings.get_user(c, user_id)
        changes: dict[str, object] = {} if roles is None else {"roles": tuple(roles)}
        after = before.model_copy(update=changes if active is None else {**changes, "active": active})
        _check(after.email, after.roles)
        others = [u for u in openings.users(c) if u.id != user_id and u.has("admin")]
        if before.has("admin") and not after.has("admin") and not others:
            raise ConflictError("This is the last admin.", "Make somebody else admin first.")
        openings.update_user(c, after)
        desk.log(c, "change-user", "user", user_id)
    return after


def owner(store: Store) -> User | None:
    """The first account of this installation, by the audit log; None where there is none yet."""
    with store.read() as c:
        first = next(audit.entries(c, action="add-first-user", limit=1), None)
        return openings.get_user(c, first.entity) if first else None


def find_user(store: Store, email: str) -> User | None:
    """The account with that address, if there is one."""
    with store.read() as c:
        return openings.user_by_email(c, email)


def users(desk: Desk) -> tuple[User, ...]:
    """Everyone with an account. Names are needed to assign people, so whoever may manage interviews may read them."""
    with desk.store.read() as c:
        desk.require(c, "manage-interviews")
        return openings.users(c)


def _check(email: str, roles: Sequence[str]) -> None:
    if "@" not in email:
        raise UsageError(f"{email!r} is not an e-mail address.", "Give one such as ann@example.org.")
    wrong = [role for role in roles if role not in USER_ROLES]
    if wrong:
        raise UsageError(f"There is no role {wrong[0]}.", f"Roles are {', '.join(USER_ROLES)}.")
