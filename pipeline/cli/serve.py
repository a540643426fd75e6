"""``debrief serve``: the web app on this machine with no set-up, or for a company behind a proxy."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import DebriefError, UsageError

if TYPE_CHECKING:
    from models.answer import Answer
    from models.rubric import Rubric
    from models.score import DraftScore
    from models.transcript import Turn
    from models.user import User
    from pipeline.jobs.work import Work
    from pipeline.settings import Settings
    from pipeline.store.store import Store
    from pipeline.wiring import Engines

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
LINK_LASTS = timedelta(hours=1)
PORT = 8100

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0: any that is free.")]
Workers = Annotated[
    int, typer.Option(min=0, help="How many work on recordings in the background; 0: they run elsewhere.")
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = PORT,
    workers: Workers = 1,
    behind_proxy: Annotated[
        list[str] | None, typer.Option(help="Public name of the site, for example debrief.example.org: https only.")
    ] = None,
    proxy_from: Annotated[str, typer.Option(help="Addresses of the proxy, comma separated.")] = "127.0.0.1",
) -> None:
    """Start the web app. A link in the terminal lets you in; Ctrl-C ends it."""
    from pipeline.settings import Settings

    run(Settings(), host, port, workers, tuple(behind_proxy or ()), proxy_from)


def serve_sample(port: int, workers: int, *, fresh: bool) -> None:
    """The web app on a sample workspace of its own, which stays until it is made afresh."""
    from pipeline.settings import Settings

    settings = Settings()
    folder = settings.data / "sample"
    sample = settings.model_copy(update={"data": folder, "database": "", "media": "", "user": "", "hook": ""})
    if fresh and folder.exists():
        shutil.rmtree(folder)
    run(sample, "127.0.0.1", port, workers, (), "127.0.0.1", sample=True)


def run(
    settings: Settings,
    host: str,
    port: int,
    workers: int,
    names: Sequence[str],
    proxy_from: str,
    *,
    sample: bool = False,
) -> None:
    """Serves until told to stop; the background workers end with it."""
    import os

    # Before numpy is loaded: requests share the cores already, and for the small matrices of a comparison a second thread
    # costs more than it brings (twice the time). Workers are told their own number.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pipeline import wiring
    from pipeline.web.app import create_app
    from pipeline.web.site import Site

    with listening(host, port) as door:
        store = wiring.open_store(settings)
        engines = wiring.Engines(settings)
        work = wiring.open_work(settings, store)
        try:
            person = _sample_person(store, engines, work) if sample else _person(store, settings)
            hosts = frozenset(name.lower() for name in names) or (LOOPBACK if _is_loopback(host) else frozenset())
            site = Site(store, settings, work, LateScorer(engines), secure=bool(names), hosts=hosts)
            with _workers(settings, workers):
                _greet(store, person, host, door.getsockname()[1], names, settings)
                _run_server(create_app(site), door, proxy_from if names else None)
        finally:
            work.close()
            store.close()


class LateScorer:
    """The scorer, loaded when a correction first asks for it; one at a time, because it remembers what it reads."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._one = threading.Lock()

    def score(self, turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric) -> Sequence[DraftScore]:
        """Drafts from corrected turns; what was said is not kept in memory afterwards."""
        with self._one:
            try:
                return self._engines.scorer.score(turns, answers, rubric)
            finally:
                self._engines.scorer.forget()


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there; UsageError where the address is taken or is not ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        door = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"{host}:{port} cannot be listened on ({error}).", "Choose another --port or --host."
        ) from None
    with door:
        yield door


def _run_server(app: object, door: socket.socket, proxy_from: str | None) -> None:
    import gc

    import uvicorn

    from pipeline.web.site import read_templates

    # Nobody's first page waits for a template, and the collector need not look through what stays for good again and again:
    # that would stop every request for a moment.
    read_templates()
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,  # the server's own lines would carry addresses and one-time links
        access_log=False,
        server_header=False,
        proxy_headers=proxy_from is not None,
        forwarded_allow_ips=proxy_from or "",
        timeout_graceful_shutdown=5,
        timeout_keep_alive=20,
    )
    uvicorn.Server(config).run(sockets=[door])


def _person(store: Store, settings: Settings) -> User:
    import getpass

    from pipeline.actions import people
    from pipeline.errors import NotFoundError

    if settings.user:
        named = people.find_user(store, settings.user)
        if named is None:
            raise NotFoundError(f"There is no user {settings.user}.", "Add one: debrief user add.")
        return named
    name = getpass.getuser()
    return people.owner(store) or people.first_user(store, name, f"{name}@localhost")


def _sample_person(store: Store, engines: Engines, work: Work) -> User:
    from pipeline.actions import people
    from pipeline.web.sample import fill

    known = people.owner(store)
    if known is not None:
        return known
    print("Making a sample workspace; this takes a minute, once.", file=sys.stderr)
    return fill(store, engines, work, told=lambda line: print(f"  {line}", file=sys.stderr))


@contextmanager
def _workers(settings: Settings, size: int) -> Iterator[None]:
    """Workers in processes of their own, so that pages stay quick; lost ones are started again."""
    if not size:
        yield
        return
    from pipeline.cli.worker import command
    from pipeline.jobs.crew import Crew

    polite = ["nice", "-n", "5"] if shutil.which("nice") else []
    stop = threading.Event()
    log = settings.data / "workers.log"

    def mind() -> None:
        while not stop.wait(1.0):
            try:
                crew.look()
            except DebriefError as error:
                print(f"debrief: {error}", file=sys.stderr)
                return

    with (
        _surroundings(settings),
        Crew([[*polite, *command()] for _ in range(size)], cores=settings.threads, log=log) as crew,
    ):
        watch = threading.Thread(target=mind, daemon=True)
        watch.start()
        try:
            yield
        finally:
            stop.set()
            watch.join(5.0)


@contextmanager
def _surroundings(settings: Settings) -> Iterator[None]:
    """The environment by which workers find the same data, cache and media; as it was, afterwards."""
    import os

    told = {"DATA": settings.data, "CACHE": settings.cache, "DATABASE": settings.database, "MEDIA": settings.media,
            "HOOK": settings.hook}  # fmt: skip
    before = dict(os.environ)
    os.environ.update({f"DEBRIEF_{name}": str(value) for name, value in told.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _greet(store: Store, person: User, host: str, port: int, names: Sequence[str], settings: Settings) -> None:
    from pipeline.actions import accounts
    from pipeline.actions.desk import Desk
    from pipeline.web.auth import new_secret, sealed

    shown = f"[{host}]" if ":" in host else host
    root = f"https://{names[0]}" if names else f"http://{shown}:{port}"
    print(f"debrief is at {root}/")
    desk = Desk(store, person.id)
    if not names or not accounts.has_password(desk, person.id):
        secret = new_secret()
        accounts.make_link(desk, person.id, sealed(secret), "sign-in", LINK_LASTS)
        print(f"Go in as {_plain(person.name)} (this link works once, for an hour): {root}/link/{secret}")
    if not names and not _is_loopback(host):
        print("Others on the network can read what is sent here. Put a proxy with https in front: --behind-proxy NAME.")
    where = settings.database.partition("://")[0] or Path(settings.data)
    print(f"Data: {where}. Ctrl-C ends it.", flush=True)


def _plain(name: str) -> str:
    from pipeline.cli.scorecard import CONTROL

    return name.translate(CONTROL)


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
