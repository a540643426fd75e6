"""Whatever is sent to the API, it answers what it says it answers, and never with a fault of its own."""

from __future__ import annotations

import itertools
import os
import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from web_scene import WebScene

from pipeline.actions import accounts
from pipeline.web.app import create_app
from pipeline.web.auth import new_secret, sealed
from pipeline.web.site import Site

LEFT_OUT = ("/api/events",)
"""A stream has no end to wait for."""


@pytest.mark.service
def test_garbage_gets_a_plain_answer_and_breaks_nothing(site: Site, office: WebScene) -> None:
    """Two minutes in CI, DEBRIEF_FUZZ_SECONDS in `make soak` (600); every operation is tried many times."""
    office.analyse()
    secret = new_secret()
    accounts.add_token(office.desk("admin"), "fuzz", sealed(secret), ("read", "write"))
    headers = {"Authorization": f"Bearer {secret}"}
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(site), headers=headers)
    found = [result.ok() for result in schema.get_all_operations()]
    operations = [operation for operation in found if operation.path not in LEFT_OUT]
    ids = [office.interview.id, office.job.id, office.candidate.id, "none"]
    until = time.monotonic() + float(os.environ.get("DEBRIEF_FUZZ_SECONDS", "120"))
    for number, operation in enumerate(itertools.cycle(operations)):
        if number >= len(operations) and time.monotonic() > until:
            break
        _try(operation, headers, ids)
    assert accounts.everyone(office.desk("admin")), "the store still works"


def _try(operation: Any, headers: dict[str, str], ids: list[str]) -> None:
    @settings(
        max_examples=int(os.environ.get("DEBRIEF_FUZZ_EACH", "5")),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), known=st.sampled_from(ids), use=st.booleans())
    def one(case: Any, known: str, use: bool) -> None:
        if use and case.path_parameters:
            case.path_parameters = dict.fromkeys(case.path_parameters, known)
        answer = case.call(headers=headers)
        assert answer.status_code < 500 or answer.status_code in (503, 507), (
            f"{case.method} {case.formatted_path}: {answer.text[:300]}"
        )
        assert "Traceback" not in answer.text

    one()


def test_the_document_says_how_a_program_signs_in(site: Site) -> None:
    made = create_app(site).openapi()
    assert made["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert all(path.startswith("/api/") for path in made["paths"]), "pages are not part of the API"
