"""Search: the words of all interviews that I may see."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipeline.actions import lists, searching
from pipeline.web.auth import SignedIn
from pipeline.web.site import page
from pipeline.web.words import marked

router = APIRouter()

PAGE = 30
Words = Annotated[str, Query(max_length=300)]


@router.get("/search", include_in_schema=False)
def search(
    request: Request,
    desk: SignedIn,
    q: Words = "",
    job: Annotated[str, Query(max_length=64)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> Response:
    """Places where all the words occur, newest first."""
    found = _found(desk, q, job, number)
    return page(
        request, "search.html", here="search", words=q, job=job, number=number, found=found, jobs=lists.job_choices(desk),
        marked=marked,
    )  # fmt: skip


@router.get("/api/search", tags=["search"])
def search_words(
    desk: SignedIn,
    q: Words,
    job: Annotated[str, Query(max_length=64)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> searching.SearchPage:
    """Places where all the words occur (quoted words together), in interviews that I may read; 30 a page."""
    return _found(desk, q, job, number) or searching.SearchPage(hits=())


def _found(desk: SignedIn, words: str, job: str, number: int) -> searching.SearchPage | None:
    if not words.strip():
        return None
    return searching.search_page(desk, words, job_id=job or None, limit=PAGE, offset=(number - 1) * PAGE)
