"""One module per page of the app; each has a ``router``, and ``ROUTERS`` lists them in order."""

from pipeline.web.routes import account, candidates, health, media, review, review_api, sign_in, today

ROUTERS = (
    candidates.router,
    review.router,
    review_api.router,
    today.router,
    sign_in.router,
    account.router,
    health.router,
    media.router,
)
