"""Search: every word of every interview that one may read, as corrected, and nothing of any other."""

import uuid

import pytest
import sqlalchemy as sa
from builders import a_rubric, an_analysis
from scene import Scene

from models.job import Correction
from models.transcript import Turn
from pipeline.actions import analyses, deleting, openings, searching
from pipeline.errors import ForbiddenError, UsageError
from pipeline.store import migrate, tables


@pytest.fixture
def scene(any_store):
    return Scene(any_store)


def talk(scene, *texts):
    turns = tuple(
        Turn(t=n, speaker="S2", role="candidate", start=float(n), end=n + 1.0, text=text, question="q1", kind="answer")
        for n, text in enumerate(texts)
    )
    return an_analysis(scene.rubric, turns=turns)


def test_words_are_found_in_any_form_with_their_place(scene):
    scene.analyse(analysis=talk(scene, "We renewed the contracts early.", "Nothing here.", "The contract was renewed."))
    hits = searching.search(scene.desk("ann"), "renew contract")
    assert [(h.turn, h.start, h.question) for h in hits] == [(2, 2.0, "q1"), (0, 0.0, "q1")]
    assert (hits[0].interview, hits[0].candidate, hits[0].job) == (scene.interview.id, "Zelda Quux", "CSM")
    assert [hits[1].snippet[a:b] for a, b in hits[1].marks] == ["renewed", "contracts"]
    assert [h.turn for h in searching.search(scene.desk("ann"), '"the contract was"')] == [2]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "  ",
        '"',
        "—",
        "zzzunknown",
        "renewed OR nothing*",
        'NEAR("a" b)',
        "text:renewed",
        "a'b; --",
        "( )",
        "\x00\x02",
    ],
)
def test_no_query_breaks_the_search(scene, words):
    scene.analyse(analysis=talk(scene, "We renewed the contracts early.", "Nothing here."))
    assert searching.search(scene.desk("ann"), words) == ()


def test_long_turn_is_shown_around_what_was_found(scene):
    scene.analyse(analysis=talk(scene, "word " * 300 + "needle in it " + "more " * 300))
    (hit,) = searching.search(scene.desk("ann"), "needle")
    assert len(hit.snippet) < 220
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["needle"]


def test_hits_come_page_by_page_newest_first(scene):
    scene.analyse(analysis=talk(scene, *[f"zebra number {n}" for n in range(5)]))
    first = searching.search_page(scene.desk("lead"), "zebra", limit=3)
    assert ([h.turn for h in first.hits], first.more) == ([4, 3, 2], True)
    rest = searching.search_page(scene.desk("lead"), "zebra", limit=3, offset=3)
    assert ([h.turn for h in rest.hits], rest.more) == ([1, 0], False)
    with pytest.raises(UsageError):
        searching.search(scene.desk("lead"), "zebra", limit=0)


def test_only_interviews_that_one_may_read_are_searched(scene):
    scene.analyse(analysis=talk(scene, "Zebras everywhere."))
    for name, number in (("ann", 1), ("bob", 1), ("lead", 1), ("admin", 1), ("eve", 0)):
        assert len(searching.search(scene.desk(name), "zebra")) == number
    with pytest.raises(ForbiddenError):
        searching.search(scene.desk("aud"), "zebra")
    other = openings.create_job(scene.desk("lead"), "Other", scene.rubric)
    assert searching.search(scene.desk("lead"), "zebra", job_id=other.id) == ()


def test_corrected_words_replace_the_machines(scene):
    scene.analyse(analysis=talk(scene, "We rode zebras.", "And more."))
    fix = Correction(id=uuid.uuid4().hex, interview=scene.interview.id, kind="words", turn=0, text="We rode okapis.",
                     author=scene.people["ann"].id, at=scene.clock())  # fmt: skip
    analyses.correct(scene.desk("ann"), fix)
    assert searching.search(scene.desk("ann"), "zebras") == ()
    assert [h.snippet for h in searching.search(scene.desk("ann"), "okapi")] == ["We rode okapis."]


def test_deleted_interview_is_found_no_more(scene):
    scene.analyse(analysis=talk(scene, "We rode zebras."))
    deleting.delete_interview(scene.desk("admin"), scene.interview.id)
    assert searching.search(scene.desk("admin"), "zebras") == ()
    with scene.store.read() as c:
        assert c.execute(sa.select(sa.func.count()).select_from(tables.search_turn)).scalar() == 0


def test_blind_interview_is_found_after_ones_own_review(any_store):
    scene = Scene(any_store, rubric=a_rubric(blind=True))
    scene.analyse(analysis=talk(scene, "I am Zelda and I rode zebras."))
    assert searching.search(scene.desk("ann"), "zebras") == ()
    scene.submit("ann", {"c1": 3, "c2": 3, "c3": 3})
    assert len(searching.search(scene.desk("ann"), "zebras")) == 1


def test_interviews_of_an_older_database_are_found_after_its_migration(scene):
    """The tables of migration 0002 are taken away and made again over what the first schema held."""
    scene.analyse(analysis=talk(scene, "We rode zebras.", "And more."))
    fix = Correction(id=uuid.uuid4().hex, interview=scene.interview.id, kind="words", turn=0, text="We rode okapis.",
                     author=scene.people["ann"].id, at=scene.clock())  # fmt: skip
    analyses.correct(scene.desk("ann"), fix)
    with scene.store.write() as c:
        _back_to_the_first(c)
    migrate.upgrade(scene.store.engine)
    assert [h.turn for h in searching.search(scene.desk("ann"), "okapi")] == [0]
    assert [h.turn for h in searching.search(scene.desk("ann"), "more")] == [1]
    assert searching.search(scene.desk("ann"), "zebras") == ()
    with scene.store.read() as c:
        levels = c.execute(sa.select(tables.draft_level.c.competency, tables.draft_level.c.score)).all()
        words = c.execute(sa.select(tables.talk_measure.c.candidate_words, tables.talk_measure.c.asked)).one()
    assert levels == [("c1", 3), ("c2", 3), ("c3", 3)]
    assert tuple(words) == (5, [])


def _back_to_the_first(c):
    if c.dialect.name == "sqlite":
        c.exec_driver_sql("DROP TABLE turn_words")
    newer = "draft_level talk_measure credential session api_token one_time_link sign_in_try upload work search_turn"
    newer += " kept_total"
    for table in newer.split():
        c.exec_driver_sql(f"DROP TABLE {table}")
    for index in ("review_rubric", "audit_action", "audit_entity", "interview_job_held_at", "interview_recording"):
        c.exec_driver_sql(f"DROP INDEX ix_{index}")
    if c.dialect.name == "postgresql":
        c.exec_driver_sql("DROP TEXT SEARCH CONFIGURATION debrief")
        c.exec_driver_sql("DROP TEXT SEARCH DICTIONARY debrief_stem")
    for column in ("created_at", "author", "written"):
        c.exec_driver_sql(f"ALTER TABLE rubric DROP COLUMN {column}")
    c.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
