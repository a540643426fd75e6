"""What waits for a person: reviews that are due or late, and scores to look at again; and telling them when an
interview is ready.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import urllib.request
from datetime import datetime
from typing import Literal

from models._base import Noun
from pipeline.actions.desk import Desk
from pipeline.actions.lists import blind
from pipeline.errors import StorageError, UsageError
from pipeline.judgement.review import DUE
from pipeline.store import interviews, lists
from pipeline.store.store import Store, signing_key

HOOK_SECONDS = 20


class InboxItem(Noun):
    """One interview that waits for the person: since when it is due, whether it is late, and what is to be done."""

    interview: str
    candidate: str
    round: str
    due_at: datetime
    late: bool
    state: Literal["waiting for analysis", "to review", "in draft", "look again"]
    review: str | None = None
    flagged: tuple[str, ...] = ()


def inbox(desk: Desk) -> tuple[InboxItem, ...]:
    """What waits for the acting person, longest overdue first. A review is due 30 minutes after the call."""
    now = desk.clock()
    items = []
    with desk.store.read() as c:
        user = desk.who(c)
        hidden = blind(c, user.id)
        rows, _ = lists.interviews(c, user.id, mine=True, unfinished=True, limit=None)
        marked = [row.review for row in rows if row.flagged]
        flags = lists.flags(c, marked)
    for row in rows:
        state: Literal["waiting for analysis", "to review", "in draft", "look again"]
        if row.flagged:
            state = "look again"
        elif row.review:
            state = "in draft"
        else:
            state = "waiting for analysis" if row.consent == "given" and row.analysis is None else "to review"
        items.append(
            InboxItem(
                interview=row.id, round=row.round, due_at=row.ended_at + DUE, late=now > row.ended_at + DUE, state=state,
                candidate=f"Candidate {row.candidate[:6]}" if row.id in hidden else row.candidate_name,
                review=row.review, flagged=flags.get(row.review, ()),
            )
        )  # fmt: skip
    return tuple(sorted(items, key=lambda i: (i.due_at, i.interview)))


def announce(store: Store, hook: str, interview_id: str) -> None:
    """Tells the team's hook that an interview is ready for review: ids and due time alone, signed.

    ``hook`` is an http(s) address (POST, header ``X-Debrief-Signature: sha256=…`` over the body) or a command (the
    body on its standard
    input, the signature in ``DEBRIEF_SIGNATURE``). Raises StorageError where the hook fails; nothing else depends on
    it.
    """
    with store.write() as c:
        interview = interviews.get_interview(c, interview_id)
        key = signing_key(c)
    event = {
        "event": "interview.ready",
        "interview": interview.id,
        "raters": [rater.user for rater in interview.raters],
        "due_at": (interview.ended_at + DUE).isoformat(),
    }
    body = json.dumps(event, sort_keys=True).encode()
    signature = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    try:
        if hook.startswith(("http://", "https://")):
            request = urllib.request.Request(  # noqa: S310 - the scheme was just checked
                hook, data=body, headers={"Content-Type": "application/json", "X-Debrief-Signature": signature}
            )
            with urllib.request.urlopen(request, timeout=HOOK_SECONDS):  # noqa: S310
                return
        _run(hook, body, signature)
    except (OSError, subprocess.SubprocessError) as error:
        raise StorageError(
            f"The hook failed: {error}.", "The interview is ready all the same; check the hook."
        ) from error


def _run(hook: str, body: bytes, signature: str) -> None:
    import os
    import shlex

    words = shlex.split(hook)
    if not words:
        raise UsageError("The hook is empty.", "Give a command or an http(s) address.")
    subprocess.run(
        words,
        input=body,
        check=True,
        timeout=HOOK_SECONDS,
        capture_output=True,
        env={**os.environ, "DEBRIEF_SIGNATURE": signature},
    )
