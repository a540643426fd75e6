"""Voices and the roles they play."""

from __future__ import annotations

from typing import Literal

from models._base import Noun

Role = Literal["interviewer", "candidate", "unknown"]


class SpeakerSpan(Noun):
    """One voice speaks from ``start`` to ``end`` (seconds). Labels are ``S1``, ``S2``, … in order of first speech."""

    speaker: str
    start: float
    end: float


class RoleAssignment(Noun):
    """Which role each speaker label plays, how sure we are (0..1), and why."""

    roles: dict[str, Role]
    confidence: float
    reason: str
