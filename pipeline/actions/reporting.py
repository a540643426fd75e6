"""The report of an opening: gathered once, rendered by every export."""

from __future__ import annotations

from models.decision import CandidateReport, OpeningReport
from pipeline.actions.desk import Desk
from pipeline.actions.reviewing import owing
from pipeline.judgement.panel import panel_report
from pipeline.judgement.ranking import rank
from pipeline.store import audit, interviews, openings, restore, reviews
from pipeline.store.restore import Cards


def opening_report(desk: Desk, job_id: str) -> OpeningReport:
    """All candidates of an opening with panels, ranks, submitted reviews and provenance, from one consistent view.

    A candidate without a submitted review is listed without scores; one with cards of another rubric version than the
    opening's is listed with those reviews and without a total; one whom the acting person has yet to rate is listed
    without anybody's scores and decisions, and without a name where the rubric says that one rates blind. That it left is in the
    audit log before anybody gets it.
    """
    report = _gathered(desk, job_id)
    with desk.store.write() as c:
        desk.require(c, "export")
        desk.log(c, "export", "job", job_id, rubric=f"{report.rubric.id}@{report.rubric.version}")
    return report


def _gathered(desk: Desk, job_id: str) -> OpeningReport:
    with desk.store.read() as c:
        user = desk.require(c, "export")
        job = openings.get_job(c, job_id)
        rubric = openings.get_rubric(c, job.rubric)
        hidden = owing(c, user.id, job_id)
        cards = {
            key: card
            for key, card in restore.confirmed(c, job=job_id).items()
            if key not in hidden and all(score.rubric == job.rubric for score in card.scores)
        }
        everyone = openings.candidates(c, job_id)
        places = rank(
            rubric,
            {k.id: cards.get(k.id, Cards()).scores for k in everyone},
            {key: card.waiting for key, card in cards.items()},
        )
        place = {line.candidate: line for line in places}
        order = [line.candidate for line in places]
        found, rounds, engines = [], {}, {}
        for person in everyone:
            card = cards.get(person.id, Cards())
            mine = tuple(
                r for r in reviews.reviews(c, candidate=person.id) if r.state == "submitted" and person.id not in hidden
            )
            made = () if person.id in hidden else reviews.decisions(c, person.id)
            found.append(
                CandidateReport(
                    id=person.id,
                    name=f"Candidate {person.id[:6]}" if rubric.blind and person.id in hidden else person.name,
                    panel=panel_report(
                        person.id, rubric, card.scores, outcomes=reviews.outcomes(c, person.id), waiting=card.waiting
                    ),
                    rank=place.get(person.id),
                    reviews=mine,
                    decision=made[-1] if made else None,
                )
            )
        for interview in interviews.interviews(c, job=job_id):
            rounds[interview.id] = interview.round
            if interview.analysis:
                engines[interview.id] = interviews.get_analysis(c, interview.analysis).engines
        return OpeningReport(
            job=job.id,
            title=job.title,
            rubric=rubric,
            candidates=tuple(sorted(found, key=lambda k: order.index(k.id))),
            people={u.id: u.name for u in openings.users(c)},
            rounds=rounds,
            engines=engines,
            made_at=desk.clock(),
            made_by=desk.actor,
            audit_head=audit.head(c),
        )
