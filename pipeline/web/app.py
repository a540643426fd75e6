"""The app: every page's routes, the headers and the errors of all of them."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint

from pipeline.errors import DebriefError
from pipeline.web.auth import SignInNeededError, identify
from pipeline.web.routes import ROUTERS
from pipeline.web.site import HERE, Site, page

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

log = structlog.get_logger()


def create_app(site: Site) -> FastAPI:
    """The app on these parts. Its OpenAPI document is at ``/api/openapi.json``; no page loads anything from elsewhere."""
    app = FastAPI(title="debrief", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.site = site
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for router in ROUTERS:
        app.include_router(router)

    @app.middleware("http")
    async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Finds out who asks, and puts the security headers on every answer."""
        if not request.url.path.startswith("/static/"):
            await identify(request, site)
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    app.add_exception_handler(DebriefError, _fault)
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(RequestValidationError, _misused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
    return app


def wants_json(request: Request) -> bool:
    """Whether a program asks (``/api/…`` or ``Accept: application/json``) rather than a person."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


def answer(request: Request, status: int, message: str, remedy: str) -> Response:
    """An error as JSON for programs, as a page for people; it names what to do."""
    if wants_json(request):
        return JSONResponse({"error": message, "remedy": remedy}, status_code=status)
    return page(request, "error.html", status=status, message=message, remedy=remedy, code=status)


async def _fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, DebriefError)
    return answer(request, error.http_status, error.message, error.remedy)


async def _sign_in(request: Request, error: Exception) -> Response:
    from pipeline.web.auth import to_sign_in

    if wants_json(request):
        return JSONResponse({"error": "Sign in first.", "remedy": "Send a session cookie or an API token."}, 401)
    return to_sign_in(request)


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
    log.error(
        "request failed",
        path=request.scope.get("route", None) and request.scope["route"].path,
        cause=type(error).__name__,
    )
    return answer(
        request, 500, "Something failed inside debrief.", "Nothing was changed; try again, then tell your admin."
    )
