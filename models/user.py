"""People who use debrief and the roles that say what they may do."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from models._base import Noun

UserRole = Literal["interviewer", "reviewer", "hiring_lead", "admin", "auditor"]
USER_ROLES: tuple[UserRole, ...] = ("interviewer", "reviewer", "hiring_lead", "admin", "auditor")


class User(Noun):
    """A person with an account; ``roles`` add up, and an inactive user may do nothing."""

    id: str
    name: str
    email: str
    roles: tuple[UserRole, ...] = ()
    active: bool = True

    def has(self, *roles: UserRole) -> bool:
        """True where the user is active and holds at least one of the roles."""
        return self.active and any(role in self.roles for role in roles)


LinkPurpose = Literal["sign-in", "invite", "reset"]
"""What a one-time link is for: the first way in, an invitation to set a password, or a forgotten one."""


class Session(Noun):
    """A person signed in: the sha256 of the token that their browser holds, and until when it counts."""

    hash: str
    person: str
    created_at: datetime
    expires_at: datetime


class ApiToken(Noun):
    """A token for a program that acts as a person, narrowed to ``scopes``; only its sha256 is kept."""

    id: str
    hash: str
    person: str
    name: str
    scopes: tuple[str, ...] = ()
    created_at: datetime
    last_used_at: datetime | None = None


class OneTimeLink(Noun):
    """A link that lets a person in once, until it expires; only its sha256 is kept."""

    hash: str
    person: str
    purpose: LinkPurpose
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
