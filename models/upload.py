"""Uploads: files on their way in, piece by piece."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from models._base import Noun


class Upload(Noun):
    """A recording or transcript that a person is sending: ``received`` of ``size`` bytes are here.

    ``sha256`` is known when it is complete (or what the sender announced). ``interview`` is what it belongs to once that is known.
    ``cause`` says why it failed.
    """

    id: str
    person: str
    interview: str | None = None
    name: str
    size: Annotated[int, Field(ge=0)]
    sha256: str | None = None
    received: Annotated[int, Field(ge=0)] = 0
    state: Literal["receiving", "complete", "failed"] = "receiving"
    cause: str = ""
    created_at: datetime
    updated_at: datetime
