"""People who use debrief and the roles that say what they may do."""

from __future__ import annotations

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
