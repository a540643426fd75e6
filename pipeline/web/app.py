"""The app: every page's routes, the guard before them, and the errors of all of them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from pipeline.errors import DebriefError
from pipeline.jobs import logs
from pipeline.web.auth import SignInNeededError, to_sign_in
from pipeline.web.guard import Guard
from pipeline.web.routes import ROUTERS
from pipeline.web.site import HERE, Site, page

log = logs.logger()


def create_app(site: Site) -> FastAPI:
    """The app on these parts. Its OpenAPI document is at ``/api/openapi.json``; no page loads anything from elsewhere."""
    app = FastAPI(title="debrief", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.site = site
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(DebriefError, _fault)
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(RequestValidationError, _misused)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Guard, answer=answer, ask=ask, failed=_unexpected)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, which says how a program signs in."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version="1", routes=app.routes)
        schemes = made.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["token"] = {"type": "http", "scheme": "bearer", "description": "A token from the page Account."}
        made["security"] = [{"token": []}]
        app.openapi_schema = made
    return app.openapi_schema


def wants_json(request: Request) -> bool:
    """Whether a program asks (``/api/…`` or ``Accept: application/json``) rather than a person."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


def answer(request: Request, status: int, message: str, remedy: str) -> Response:
    """An error as JSON for programs, as a page for people; it names what to do."""
    if wants_json(request):
        return JSONResponse({"error": message, "remedy": remedy}, status_code=status)
    return page(request, "error.html", status=status, message=message, remedy=remedy, code=status)


def ask(request: Request) -> Response:
    """To the sign-in page for people, 401 for programs."""
    if wants_json(request):
        return JSONResponse({"error": "Sign in first.", "remedy": "Send a session cookie or an API token."}, 401)
    return to_sign_in(request)


async def _fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, DebriefError)
    return answer(request, error.http_status, error.message, error.remedy)


async def _sign_in(request: Request, error: Exception) -> Response:
    return ask(request)


async def _misused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    where = ", ".join(sorted({".".join(str(part) for part in item["loc"][1:]) for item in error.errors()}))
    return answer(
        request, 422, f"The request does not fit: {where or 'its body'}.", "Check the fields and send it again."
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(request, 404, "There is no such page.", "Go back to Today.")
    if error.status_code == 405:
        return answer(request, 405, "That cannot be done here.", "Go back and use the page's buttons.")
    return answer(request, error.status_code, str(error.detail), "Go back and try again.")


async def _unexpected(request: Request, error: Exception) -> Response:
    route = request.scope.get("route")
    log.error("request failed", path=getattr(route, "path", ""), kind=type(error).__name__, place=logs.place(error))
    return answer(
        request, 500, "Something failed inside debrief.", "Nothing was changed; try again, then tell your admin."
    )
