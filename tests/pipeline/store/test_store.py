"""What the database promises: round trips, constraints, triggers, migrations, and clear errors."""

import io
import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from builders import NOON, a_review, a_rubric, an_analysis, an_interview

from models.job import Candidate, JobOpening
from models.report import RubricRef
from models.user import User
from pipeline.errors import ConflictError, DebriefError, NotFoundError, StorageError, UsageError
from pipeline.judgement import review as steps
from pipeline.judgement.weighting import weigh
from pipeline.store import audit, interviews, migrate, openings, restore, reviews, tables
from pipeline.store.engine import make_engine
from pipeline.store.store import Store

RUBRIC = a_rubric()


def fill(store: Store) -> None:
    """One opening, one candidate, one interview, two people."""
    with store.write() as c:
        for who in ("ann", "bob"):
            openings.add_user(c, User(id=who, name=who.title(), email=f"{who}@x.org", roles=("interviewer",)))
        openings.add_rubric(c, RUBRIC)
        openings.add_rubric(c, RUBRIC)
        openings.add_job(c, JobOpening(id="j1", title="CSM", rubric=RubricRef(id="r", version="v1"), created_at=NOON))
        openings.add_candidate(c, Candidate(id="k1", job="j1", name="Zed Zebra", created_at=NOON))
        interviews.add_interview(c, an_interview(reviewers=("bob",), consent="given"))


def submitted(store: Store, levels=None):
    done, scores = steps.submit(a_review(RUBRIC, levels or {"c1": 4, "c2": 2, "c3": 5}), NOON)
    with store.write() as c:
        reviews.add_review(c, a_review(RUBRIC, levels or {"c1": 4, "c2": 2, "c3": 5}))
        return reviews.save_review(c, done, 1, scores), scores


def test_everything_comes_back_as_it_went_in(any_store):
    fill(any_store)
    with any_store.write() as c:
        kept = interviews.add_analysis(c, "i1", an_analysis(RUBRIC), NOON)
    done, scores = submitted(any_store)
    with any_store.read() as c:
        assert openings.get_rubric(c, RubricRef(id="r", version="v1")) == RUBRIC
        assert interviews.get_interview(c, "i1") == an_interview(reviewers=("bob",), consent="given")
        assert interviews.get_analysis(c, kept) == an_analysis(RUBRIC)
        assert reviews.get_review(c, done.id) == done
        card = restore.confirmed(c, job="j1")["k1"]
        assert card.scores == scores
        assert str(weigh(RUBRIC, card.scores).total) == "3.60"


def test_a_person_has_one_review_of_an_interview(any_store):
    fill(any_store)
    submitted(any_store)
    with pytest.raises(ConflictError), any_store.write() as c:
        reviews.add_review(c, a_review(RUBRIC, {"c1": 1, "c2": 1, "c3": 1}).model_copy(update={"id": "other"}))


GATE_CRASHES = [
    "INSERT INTO confirmed_score (review, competency, review_state, level, quotes, has_note, quote_levels) "
    "VALUES ('i1-bob', 'c1', 'submitted', 3, 1, true, '[]')",
    "INSERT INTO confirmed_score (review, competency, review_state, level, quotes, has_note, quote_levels) "
    "VALUES ('i1-bob', 'c1', 'draft', 3, 1, true, '[]')",
    "UPDATE confirmed_score SET level = 5 WHERE competency = 'c2'",
    "UPDATE review_score SET score = 5 WHERE review = 'i1-ann' AND competency = 'c2'",
    "UPDATE review SET state = 'draft' WHERE id = 'i1-ann'",
    "UPDATE review SET state = 'submitted' WHERE id = 'i1-bob'",
    "UPDATE confirmed_score SET quotes = 0, has_note = false",
    "UPDATE first_score SET score = 5",
    "UPDATE audit SET actor = 'x'",
    "DELETE FROM audit",
    "UPDATE analysis SET body = '{}'",
]


@pytest.mark.parametrize("statement", GATE_CRASHES)
def test_database_refuses_what_the_gate_refuses(any_store, statement):
    """Raw statements past all code: no confirmed score without an equal score in a submitted review, no rewritten
    history.
    """
    fill(any_store)
    submitted(any_store)
    with any_store.write() as c:
        interviews.add_analysis(c, "i1", an_analysis(RUBRIC), NOON)
        draft = steps.rate(a_review(RUBRIC, {}, "bob"), "c1", 3, None, NOON)
        reviews.add_review(c, draft.model_copy(update={"recommendation": None}))
        audit.record(c, actor="ann", action="x", kind="y", entity="z", now=NOON)
    with pytest.raises(DebriefError), any_store.write() as c:
        c.exec_driver_sql(statement)


def test_stale_version_is_a_conflict_and_loses_nothing(any_store):
    fill(any_store)
    card = a_review(RUBRIC, {"c1": 4, "c2": 2, "c3": 5})
    with any_store.write() as c:
        reviews.add_review(c, card)
        reviews.save_review(c, steps.note(card, "c1", "first writer"), 1)
    with pytest.raises(ConflictError), any_store.write() as c:
        reviews.save_review(c, steps.note(card, "c1", "second writer"), 1)
    with any_store.read() as c:
        assert reviews.get_review(c, card.id).score("c1").note == "first writer"


def test_failed_transaction_leaves_nothing(any_store):
    fill(any_store)

    def half() -> None:
        with any_store.write() as c:
            openings.add_candidate(c, Candidate(id="k2", job="j1", name="Half", created_at=NOON))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with pytest.raises(NotFoundError), any_store.read() as c:
        openings.get_candidate(c, "k2")


def test_analysis_without_consent_is_refused_by_the_database(any_store):
    fill(any_store)
    with pytest.raises(ConflictError), any_store.write() as c:
        c.exec_driver_sql("UPDATE interview SET consent = 'refused', analysis = 'a1'")


def test_migrations_make_exactly_the_tables_of_the_code(any_store):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(name, kind, _parents):
        """The search index is no table of the code: SQLite's virtual one, PostgreSQL's on an expression."""
        return name is None or not (name.startswith("turn_words") or name == "ix_search_turn_words")

    with any_store.read() as c:
        context = MigrationContext.configure(c, opts={"include_name": ours})
        assert compare_metadata(context, tables.metadata) == []


def test_head_is_the_newest_migration():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_two_migrations_at_once_both_succeed(any_store):
    """Eight threads open one empty database at the same moment."""
    with any_store.write() as c:
        if any_store.engine.dialect.name == "postgresql":
            c.exec_driver_sql("DROP SCHEMA public CASCADE")
            c.exec_driver_sql("CREATE SCHEMA public")
        else:
            for name in [r[0] for r in c.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
                c.exec_driver_sql(f"DROP TRIGGER {name}")
            c.exec_driver_sql("DROP TABLE turn_words")
            tables.metadata.drop_all(c)
            c.exec_driver_sql("DROP TABLE alembic_version")
    url = any_store.engine.url.render_as_string(hide_password=False)
    faults: list[BaseException] = []

    def go() -> None:
        try:
            engine = make_engine(url.replace("+psycopg", "").replace("+pysqlite", ""))
            migrate.upgrade(engine)
            engine.dispose()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with any_store.read() as c:
        assert c.execute(sa.select(sa.func.count()).select_from(tables.audit_head)).scalar() == 1


def test_database_of_a_newer_version_is_refused(store, tmp_path):
    with store.write() as c:
        c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer"):
        Store(str(store.engine.url), str(tmp_path))


def test_locked_database_is_a_clear_error(store, tmp_path):
    impatient = Store(str(store.engine.url), str(tmp_path), wait_seconds=0.1)
    with store.write(), pytest.raises(StorageError, match="busy"), impatient.write():
        pass


def test_full_disk_is_a_clear_error_and_loses_nothing(store):
    """SQLite refuses to grow past a page limit with the same error as on a full disk."""
    fill(store)

    def too_much() -> None:
        with store.write() as c:
            c.exec_driver_sql(f"PRAGMA max_page_count = {c.exec_driver_sql('PRAGMA page_count').scalar()}")
            openings.add_candidate(c, Candidate(id="k2", job="j1", name="x" * 5_000_000, created_at=NOON))

    with pytest.raises(StorageError, match="full"):
        too_much()
    with store.read() as c:
        assert [k.id for k in openings.candidates(c, "j1")] == ["k1"]


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y"])
def test_unusable_database_url_is_a_clear_error(url):
    with pytest.raises(StorageError):
        make_engine(url)


def test_damaged_database_is_a_clear_error(tmp_path):
    (tmp_path / "d.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(StorageError):
        Store(f"sqlite:///{tmp_path}/d.db", str(tmp_path))


def test_times_without_a_zone_are_refused(store):
    fill(store)
    naive = Candidate(id="k3", job="j1", name="N", created_at=datetime(2026, 1, 1))
    with pytest.raises((UsageError, DebriefError, sa.exc.StatementError)), store.write() as c:
        openings.add_candidate(c, naive)


@pytest.mark.parametrize("url", ["folder", "memory"])
def test_media_comes_back_under_its_hash_once(tmp_path, url):
    from pipeline.store.media import MediaStore

    media = MediaStore(str(tmp_path / "m") if url == "folder" else f"memory://{tmp_path.name}")
    first, again = media.put(io.BytesIO(b"sound")), media.put(io.BytesIO(b"sound"))
    assert first == again
    with media.open(first) as stream:
        assert stream.read() == b"sound"
    assert media.hashes() == (first,)
    assert media.delete(first)
    assert not media.delete(first)
    with pytest.raises(NotFoundError), media.open(first):
        pass
    with pytest.raises(UsageError):
        media.exists("../../etc/passwd")


def test_media_write_that_breaks_off_leaves_nothing(tmp_path):
    from pipeline.store.media import MediaStore

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(28, "No space left on device")

    media = MediaStore(str(tmp_path / "m"))
    with pytest.raises(StorageError, match="No space"):
        media.put(Broken())
    assert media.hashes() == ()
    assert media.sweep() == 0


def log(store: Store, n: int = 4) -> None:
    with store.write() as c:
        for i in range(n):
            audit.record(c, actor="ann", action="rate", kind="review", entity=f"r{i}", now=NOON + timedelta(seconds=i),
                         after={"score": i}, key="k", engines="e", rubric="r@v1", code="1")  # fmt: skip


def test_audit_verifies_and_chains(any_store):
    log(any_store)
    with any_store.read() as c:
        check = audit.verify(c)
        assert (check.entries, check.faults) == (4, ())
        assert [e.entity for e in audit.entries(c)] == ["r0", "r1", "r2", "r3"]
        assert audit.verify(c, noted=check.head).faults == ()
        assert audit.verify(c, noted="f" * 64).faults


@pytest.mark.parametrize("column", [column.name for column in tables.audit.columns])
@pytest.mark.parametrize("seq", [1, 3, 4])
def test_audit_notices_a_change_of_any_column(store, column, seq):
    """The triggers are taken away first, as someone with the file in hand could."""
    log(store)
    with store.write() as c:
        c.exec_driver_sql("DROP TRIGGER audit_no_update")
        if column == "seq":
            c.exec_driver_sql(f"UPDATE audit SET seq = 99 WHERE seq = {seq}")
        else:
            c.exec_driver_sql(f'UPDATE audit SET "{column}" = "{column}" || \'x\' WHERE seq = {seq}')
    with store.read() as c:
        assert audit.verify(c).faults


@pytest.mark.parametrize("statement", ["DELETE FROM audit WHERE seq = 4", "DELETE FROM audit WHERE seq = 2",
                                       "DELETE FROM audit", "UPDATE audit_head SET seq = 3"])  # fmt: skip
def test_audit_notices_missing_entries(store, statement):
    log(store)
    with store.write() as c:
        c.exec_driver_sql("DROP TRIGGER audit_no_delete")
        c.exec_driver_sql(statement)
    with store.read() as c:
        assert audit.verify(c).faults


def test_audit_refuses_a_clock_that_runs_behind(store):
    log(store)
    with pytest.raises(StorageError, match="clock"), store.write() as c:
        audit.record(c, actor="a", action="x", kind="k", entity="e", now=NOON - timedelta(hours=1))
    with store.write() as c:
        entry = audit.record(c, actor="a", action="x", kind="k", entity="e", now=NOON - timedelta(seconds=30))
    assert entry.at == (NOON + timedelta(seconds=3)).isoformat(timespec="microseconds")
