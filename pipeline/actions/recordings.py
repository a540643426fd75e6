"""The recording of an interview, for those who may listen to it."""

from __future__ import annotations

from models._base import Noun
from pipeline.actions.desk import Desk
from pipeline.errors import NotFoundError
from pipeline.store import interviews


class Recording(Noun):
    """Stored bytes by their sha256, and how many there are."""

    sha256: str
    size: int


def recording(desk: Desk, interview_id: str) -> Recording:
    """The recording where one may read the interview; NotFoundError where there is none, or its bytes are gone."""
    with desk.store.read() as c:
        interview = interviews.get_interview(c, interview_id)
        desk.require(c, "read-interview", interview)
    if interview.recording is None:
        raise NotFoundError("This interview has no recording.", "Its transcript can be read without one.")
    return Recording(sha256=interview.recording, size=desk.store.media.size(interview.recording))
