"""Scorecards as applicant tracking systems take them: Greenhouse as a file, Lever and Ashby as requests.

Facts: Greenhouse's Harvest v1 only reads scorecards, so writing is a file; Lever takes ``POST
/v1/opportunities/:id/feedback``; Ashby takes
``applicationFeedback.submit`` with scores 1 to 4. Field ids belong to a tenant and come from a map that is checked
before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from models._base import Noun
from models.review import Review
from models.rubric import Rubric
from pipeline.errors import ConflictError, UsageError

GREENHOUSE_RATING = {1: "definitely_not", 2: "no", 3: "mixed", 4: "yes", 5: "strong_yes"}
GREENHOUSE_OVERALL = {
    "strong_no": "definitely_not", "no": "no", "yes": "yes", "strong_yes": "strong_yes", "no_decision": "no_decision",
}  # fmt: skip
DEFAULT_LEVELS: dict[str, dict[int, int]] = {
    "lever": {1: 1, 2: 2, 3: 3, 4: 4, 5: 5},
    "ashby": {1: 1, 2: 2, 3: 3, 4: 4, 5: 4},
}
"""From our five levels to theirs, unless the tenant's map says otherwise."""


class TenantMap(Noun):
    """A tenant's field ids: competency id to field id or path, and what else the system wants.

    ``levels`` maps our levels to theirs. ``overall``, ``strengths`` and ``concerns`` are fields too;
    ``overall_values`` maps our
    recommendation to the tenant's value. Lever: ``template`` and ``perform_as``; ``panel`` and ``interview``
    together or neither.
    Ashby: ``template`` is the form definition, ``perform_as`` the user.
    """

    system: Literal["lever", "ashby"]
    template: str
    perform_as: str
    target: str
    competencies: dict[str, str]
    levels: dict[int, int] = Field(default_factory=dict)
    overall: str = ""
    overall_values: dict[str, str | int] = Field(default_factory=dict)
    strengths: str = ""
    concerns: str = ""
    panel: str = ""
    interview: str = ""


def read_map(text: str) -> TenantMap:
    """A tenant's map from JSON; UsageError says which field is wrong."""
    try:
        return TenantMap.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"The field map is wrong at {where or 'its start'}: {first['msg']}.", "Correct it; nothing was sent."
        ) from error


def check_map(fields: TenantMap, rubric: Rubric, review: Review) -> None:
    """Raises UsageError where the map lacks a field for a scored competency, names an unknown one, or levels do not
    fit.
    """
    known = {c.id for c in rubric.competencies}
    unknown = sorted(set(fields.competencies) - known)
    wanting = sorted(
        x.competency for x in review.scores if x.score is not None and x.competency not in fields.competencies
    )
    levels = level_map(fields)
    top = 4 if fields.system == "ashby" else 5
    if unknown or wanting:
        names = f"unknown: {', '.join(unknown)}" if unknown else f"without a field: {', '.join(wanting)}"
        raise UsageError(f"The field map does not fit the rubric ({names}).", "Correct it; nothing was sent.")
    ordered = [levels.get(level) for level in range(1, 6)]
    if any(v is None or not 1 <= v <= top for v in ordered) or sorted(v or 0 for v in ordered) != [
        v or 0 for v in ordered
    ]:
        raise UsageError(f"The level map must take 1 to 5 upwards into 1 to {top}.", "Correct it; nothing was sent.")
    if bool(fields.panel) != bool(fields.interview) and fields.system == "lever":
        raise UsageError("Lever takes panel and interview together or neither.", "Give both or none; nothing was sent.")
    if fields.system == "ashby" and not fields.interview:
        raise UsageError("Ashby needs the interview event.", "Give its id as interview; nothing was sent.")
    if fields.overall and review.recommendation and review.recommendation not in fields.overall_values:
        raise UsageError(
            f"The map has no value for {review.recommendation}.", "Add it to overall_values; nothing was sent."
        )


def level_map(fields: TenantMap) -> dict[int, int]:
    """Our levels to the tenant's."""
    return fields.levels or DEFAULT_LEVELS[fields.system]


def losses(fields: TenantMap) -> tuple[str, ...]:
    """Which of our levels cannot be told apart in the tenant's system, in plain words."""
    merged: dict[int, list[int]] = {}
    for ours, theirs in sorted(level_map(fields).items()):
        merged.setdefault(theirs, []).append(ours)
    return tuple(
        f"{' and '.join(map(str, ours))} both become {theirs}" for theirs, ours in merged.items() if len(ours) > 1
    )


def require_confirmed(review: Review) -> None:
    """Nothing leaves without a confirmed scorecard: ConflictError unless the review is submitted and no score is
    flagged.
    """
    flagged = [line.competency for line in review.scores if line.flag]
    if review.state != "submitted" or flagged:
        why = f"must be looked at again ({', '.join(flagged)})" if flagged else "is not submitted"
        raise ConflictError(f"The review {why}.", "Confirm it first; nothing left.")


def greenhouse(
    review: Review, rubric: Rubric, *, interviewer: str, submitted_by: str, interview: str
) -> dict[str, Any]:
    """A Greenhouse scorecard as a document for a file; all five levels have a rating there."""
    require_confirmed(review)
    return {
        "interview": interview,
        "interviewed_at": None,
        "submitted_at": review.submitted_at.isoformat() if review.submitted_at else None,
        "interviewer": interviewer,
        "submitted_by": submitted_by,
        "overall_recommendation": GREENHOUSE_OVERALL[review.recommendation or "no_decision"],
        "attributes": [
            {
                "name": rubric.competency(line.competency).name,
                "type": "Skills",
                "note": line.note or None,
                "rating": GREENHOUSE_RATING[line.score] if line.score is not None else "no_decision",
            }
            for line in review.scores
        ],
        "questions": [
            {"id": None, "question": "Strengths", "answer": review.strengths},
            {"id": None, "question": "Concerns", "answer": review.concerns},
        ],
    }


def lever(review: Review, rubric: Rubric, fields: TenantMap) -> dict[str, Any]:
    """The body of Lever's feedback request."""
    require_confirmed(review)
    check_map(fields, rubric, review)
    body: dict[str, Any] = {"baseTemplateId": fields.template, "fieldValues": _values(review, fields, "id")}
    if fields.panel:
        body |= {"panel": fields.panel, "interview": fields.interview}
    return body


def ashby(review: Review, rubric: Rubric, fields: TenantMap) -> dict[str, Any]:
    """The body of Ashby's feedback request; scores are 1 to 4 there."""
    require_confirmed(review)
    check_map(fields, rubric, review)
    return {
        "formDefinitionId": fields.template,
        "applicationId": fields.target,
        "userId": fields.perform_as,
        "interviewEventId": fields.interview,
        "feedbackForm": {"fieldSubmissions": _values(review, fields, "path")},
    }


def _values(review: Review, fields: TenantMap, name: str) -> list[dict[str, Any]]:
    levels = level_map(fields)

    def score(level: int) -> Any:
        return {"score": levels[level]} if fields.system == "ashby" else levels[level]

    def text(words: str) -> Any:
        return {"type": "PlainText", "value": words} if fields.system == "ashby" else words

    values: list[dict[str, Any]] = [
        {name: fields.competencies[line.competency], "value": score(line.score)}
        for line in review.scores
        if line.score is not None
    ]
    texts: Mapping[str, str] = {fields.strengths: review.strengths, fields.concerns: review.concerns}
    values += [{name: field, "value": text(words)} for field, words in texts.items() if field]
    if fields.overall and review.recommendation:
        values.append({name: fields.overall, "value": fields.overall_values[review.recommendation]})
    return values
