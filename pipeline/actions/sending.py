"""A confirmed scorecard leaves for an applicant tracking system, by an explicit command, with an audit entry."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from models._base import Noun
from models.review import Review
from models.rubric import Rubric
from pipeline.actions.desk import Desk
from pipeline.actions.reviewing import owing
from pipeline.errors import ForbiddenError, NotFoundError, StorageError, UsageError
from pipeline.exports import ats
from pipeline.store import interviews, openings, reviews

ADDRESSES = {"lever": "https://api.lever.co", "ashby": "https://api.ashbyhq.com"}
SECONDS = 30


class Sent(Noun):
    """What was sent where, and which levels the other system cannot tell apart."""

    address: str
    status: int
    losses: tuple[str, ...]


def greenhouse_file(desk: Desk, review_id: str) -> dict[str, Any]:
    """A submitted review as a Greenhouse scorecard, for a file; that it left is in the audit log."""
    review, rubric, candidate = _confirmed(desk, review_id)
    with desk.store.write() as c:
        desk.log(c, "export", "review", review_id, after=review, candidate=candidate)
        who = openings.get_user(c, review.reviewer)
        held = interviews.get_interview(c, review.interview)
        sender = openings.get_user(c, desk.actor)
    return ats.greenhouse(review, rubric, interviewer=who.name, submitted_by=sender.name, interview=held.round)


def send(desk: Desk, review_id: str, fields: ats.TenantMap, token: str, *, address: str = "") -> Sent:
    """Sends a submitted review to Lever or Ashby; the map is checked before anything leaves, and what left is in the
    audit log.

    ``address`` replaces the system's own (for a stand-in or a proxy). Raises UsageError for a map that does not fit,
    StorageError where
    the other side refuses or does not answer.
    """
    if not token:
        raise UsageError("There is no token for the other system.", "Set DEBRIEF_ATS_TOKEN.")
    review, rubric, candidate = _confirmed(desk, review_id)
    body = ats.lever(review, rubric, fields) if fields.system == "lever" else ats.ashby(review, rubric, fields)
    base = (address or ADDRESSES[fields.system]).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise UsageError(f"{base} is not an http(s) address.", "Give one.")
    if fields.system == "lever":
        target, actor = urllib.parse.quote(fields.target, safe=""), urllib.parse.quote(fields.perform_as, safe="")
        url = f"{base}/v1/opportunities/{target}/feedback?perform_as={actor}"
    else:
        url = f"{base}/applicationFeedback.submit"
    status = _post(url, body, token)
    with desk.store.write() as c:
        desk.log(c, f"send-{fields.system}", "review", review_id, after=review, candidate=candidate)
    return Sent(address=url, status=status, losses=ats.losses(fields))


def check(desk: Desk, review_id: str, fields: ats.TenantMap) -> None:
    """Raises what :func:`send` would raise over the review or the map; nothing leaves."""
    review, rubric, _ = _confirmed(desk, review_id)
    ats.check_map(fields, rubric, review)


def require_export(desk: Desk) -> None:
    """ForbiddenError unless the acting person may let scorecards leave."""
    with desk.store.read() as c:
        desk.require(c, "export")


def _confirmed(desk: Desk, review_id: str) -> tuple[Review, Rubric, str]:
    with desk.store.read() as c:
        user = desk.require(c, "export")
        review = reviews.get_review(c, review_id)
        interview = interviews.get_interview(c, review.interview)
        if interview.candidate in owing(c, user.id, interview.job):
            raise ForbiddenError(
                "Other people's scores stay hidden until yours are in.", "Submit your own review first."
            )
        ats.require_confirmed(review)
        return review, openings.get_rubric(c, review.rubric), interview.candidate


def _post(url: str, body: dict[str, Any], token: str) -> int:
    basic = base64.b64encode(f"{token}:".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - http(s) was checked
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Basic {basic}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            reply = answer.read(100_000)
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        raise StorageError(
            f"The other system refused ({error.code}).", "Check field ids, token and rights there."
        ) from error
    except OSError as error:
        raise StorageError(
            "The other system does not answer.", "Try again later; sending again is safe to ask."
        ) from error
    # Ashby answers 200 to what it refuses and says so in the body.
    if b'"success":false' in reply.replace(b" ", b""):
        raise StorageError(
            "The other system refused the scorecard.", "Check field ids and whether the user may rate this event."
        )
    return status


def review_of(desk: Desk, interview_id: str, reviewer: str) -> str:
    """The id of a person's review of an interview; NotFoundError where there is none."""
    with desk.store.read() as c:
        desk.require(c, "export")
        for review in reviews.reviews(c, interview=interview_id):
            if review.reviewer == reviewer:
                return review.id
    raise NotFoundError("This person has no review of the interview.", "Check who rates it: debrief candidate list.")
