"""``debrief user | job | candidate | interview``: who is interviewed for what, by whom, with whose consent."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import at_desk, print_table, say
from pipeline.errors import SourceError, UsageError

if TYPE_CHECKING:
    from models.job import Consent
    from models.report import Analysis
    from pipeline.actions.desk import Desk

ROLES = "interviewer, reviewer, hiring_lead, admin, auditor"
user = typer.Typer(no_args_is_help=True, add_completion=False)
job = typer.Typer(no_args_is_help=True, add_completion=False)
candidate = typer.Typer(no_args_is_help=True, add_completion=False)
interview = typer.Typer(no_args_is_help=True, add_completion=False)

JobId = Annotated[str, typer.Argument(help="Id of the opening, or its first characters.")]
CandidateId = Annotated[str, typer.Argument(help="Id of the candidate, or its first characters.")]
InterviewId = Annotated[str, typer.Argument(help="Id of the interview, or its first characters.")]


@user.command("add")
def add_user(
    name: str,
    email: str,
    roles: Annotated[str, typer.Option(help=f"Comma separated: {ROLES}.")] = "interviewer",
) -> None:
    """Add a person."""
    from models.user import USER_ROLES
    from pipeline.actions import people

    wanted = [r for r in USER_ROLES if r in roles.split(",")]
    unknown = [r for r in roles.split(",") if r not in USER_ROLES]
    if unknown:
        raise UsageError(f"There is no role {unknown[0]}.", f"Roles are {', '.join(USER_ROLES)}.")
    with at_desk() as desk:
        say(people.add_user(desk, name, email, wanted).id)


@user.command("list")
def list_users() -> None:
    """Everyone with an account."""
    from pipeline.actions import people

    with at_desk() as desk:
        print_table(
            ("Name", "E-mail", "Roles", "Active"),
            [(u.name, u.email, ", ".join(u.roles), "yes" if u.active else "no") for u in people.users(desk)],
        )


@job.command("create")
def create_job(
    title: str,
    rubric: Annotated[str, typer.Option(help="Id of a bundled rubric, or the path of a rubric file.")],
    keep_days: Annotated[int | None, typer.Option(help="Days to keep interviews; without: until deleted.")] = None,
) -> None:
    """Make an opening and print its id."""
    from pipeline import rubrics
    from pipeline.actions import openings

    with at_desk() as desk:
        say(openings.create_job(desk, title, rubrics.load(rubric), keep_days=keep_days).id)


@job.command("list")
def list_jobs() -> None:
    """All openings."""
    from pipeline.actions import openings

    with at_desk() as desk:
        print_table(
            ("Id", "Title", "Rubric", "Keep days"),
            [(j.id, j.title, f"{j.rubric.id} {j.rubric.version[:12]}", j.keep_days) for j in openings.jobs(desk)],
        )


@job.command("rubric")
def change_rubric(job_id: JobId, rubric: str) -> None:
    """Move an opening to another rubric version; cards that are there keep theirs."""
    from pipeline import rubrics
    from pipeline.actions import openings
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        found = full_id(desk, "opening", job_id)
        version = next(j.version for j in openings.jobs(desk) if j.id == found)
        openings.change_rubric(desk, found, rubrics.load(rubric), version)


@candidate.command("add")
def add_candidate(job_id: JobId, name: str, email: str = "") -> None:
    """Add a candidate to an opening and print the id."""
    from pipeline.actions import openings
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        say(openings.create_candidate(desk, full_id(desk, "opening", job_id), name, email).id)


@candidate.command("list")
def list_candidates(job_id: JobId) -> None:
    """The candidates of an opening and their rounds."""
    from pipeline.actions import openings
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        rows = []
        for person in openings.candidates(desk, full_id(desk, "opening", job_id)):
            for held in openings.interviews_of(desk, person.id) or (None,):
                about = (
                    (held.id, held.round, held.consent, "yes" if held.analysis else "no") if held else ("", "", "", "")
                )
                rows.append((person.id, person.name, *about))
        print_table(("Candidate", "Name", "Interview", "Round", "Consent", "Analysed"), rows)


@interview.command("add")
def add_interview(
    candidate_id: CandidateId,
    ended: Annotated[
        str, typer.Option(help="When the call ended, such as 2026-11-22T10:45 (local time); without: now.")
    ] = "",
    round_name: Annotated[str, typer.Option("--round", help="Name of the round.")] = "first",
    interviewer: Annotated[list[str] | None, typer.Option(help="E-mail of who held it; without: you.")] = None,
    reviewer: Annotated[list[str] | None, typer.Option(help="E-mail of a further reviewer.")] = None,
    consent: Annotated[str, typer.Option(help="given, refused or unknown (to recording and analysis).")] = "unknown",
    covers: Annotated[str, typer.Option(help="Competency ids of this round, comma separated; without: all.")] = "",
    analysis: Annotated[Path | None, typer.Option(help="An analysis made by debrief analyze --json.")] = None,
    recording: Annotated[Path | None, typer.Option(help="The recording, to be kept.")] = None,
) -> None:
    """Add a round with a candidate and print its id."""
    from pipeline.actions import openings
    from pipeline.actions.finding import full_id

    given = _consent(consent)
    end = _moment(ended) if ended else datetime.now().astimezone()
    read = _analysis(analysis) if analysis else None
    with at_desk() as desk:
        held = openings.create_interview(
            desk, full_id(desk, "candidate", candidate_id), round_name, end - timedelta(hours=1), end,
            interviewers=_people(desk, interviewer) or [desk.actor], reviewers=_people(desk, reviewer), consent=given,
            covers=[c.strip() for c in covers.split(",") if c.strip()],
        )  # fmt: skip
        _attach(desk, held.id, read, recording)
        say(held.id)


@interview.command("attach")
def attach(
    interview_id: InterviewId,
    analysis: Annotated[Path | None, typer.Option(help="An analysis made by debrief analyze --json.")] = None,
    recording: Annotated[Path | None, typer.Option(help="The recording, to be kept.")] = None,
) -> None:
    """Attach an analysis or the recording to a round; the team's hook is told when it is ready."""
    from pipeline.actions.finding import full_id

    if analysis is None and recording is None:
        raise UsageError("There is nothing to attach.", "Give --analysis or --recording.")
    with at_desk() as desk:
        _attach(desk, full_id(desk, "interview", interview_id), _analysis(analysis) if analysis else None, recording)


@interview.command("consent")
def consent(
    interview_id: InterviewId, answer: Annotated[str, typer.Argument(help="given, refused or unknown.")]
) -> None:
    """Record what the candidate said to recording and analysis."""
    from pipeline.actions import analyses, openings
    from pipeline.actions.finding import full_id

    given = _consent(answer)
    with at_desk() as desk:
        found = full_id(desk, "interview", interview_id)
        openings.set_consent(desk, found, given, analyses.see_interview(desk, found).interview.version)


@interview.command("assign")
def assign(interview_id: InterviewId, email: str) -> None:
    """Let one more person review a round."""
    from pipeline.actions import analyses, openings
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        found = full_id(desk, "interview", interview_id)
        version = analyses.see_interview(desk, found).interview.version
        openings.assign(desk, found, _people(desk, [email])[0], version)


def _consent(answer: str) -> Consent:
    known: dict[str, Consent] = {"given": "given", "refused": "refused", "unknown": "unknown"}
    if answer not in known:
        raise UsageError(f"Consent is given, refused or unknown, not {answer}.", "Ask the candidate.")
    return known[answer]


def _attach(desk: Desk, interview_id: str, analysis: Analysis | None, recording: Path | None) -> None:
    from pipeline.actions import analyses, inbox, openings
    from pipeline.settings import Settings

    if recording is not None:
        try:
            with recording.open("rb") as stream:
                version = analyses.see_interview(desk, interview_id).interview.version
                openings.attach_recording(desk, interview_id, stream, version)
        except FileNotFoundError as error:
            raise SourceError(f"{recording.name}: there is no such file.", "Check the path.") from error
    if analysis is not None:
        analyses.attach_analysis(desk, interview_id, analysis)
        if hook := Settings().hook:
            inbox.announce(desk.store, hook, interview_id)


def _people(desk: Desk, emails: list[str] | None) -> list[str]:
    from pipeline.actions import people

    found = [(email, people.find_user(desk.store, email)) for email in emails or ()]
    for email, person in found:
        if person is None:
            raise UsageError(f"There is no user {email}.", "Add them first: debrief user add.")
    return [person.id for _, person in found if person]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a time.", "Write it like 2026-11-22T10:45.") from error
    return moment if moment.tzinfo else moment.astimezone()


def _analysis(path: Path) -> Analysis:
    from pydantic import ValidationError

    from models.report import Analysis

    try:
        return Analysis.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path.name}: cannot be read.", "Check the path.") from error
    except ValidationError as error:
        raise SourceError(
            f"{path.name}: is not an analysis.", "Make one: debrief analyze SOURCE --json PATH."
        ) from error
