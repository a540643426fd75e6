"""The labelled talks, read once for all tests of the stages."""

from __future__ import annotations

import pytest

from scripts.scoring_data import Sources, load_sources


@pytest.fixture(scope="session")
def sources() -> Sources:
    """Rubrics, talks and graded samples of fixtures/."""
    return load_sources()
