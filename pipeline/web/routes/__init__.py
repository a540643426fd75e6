"""One module per page of the app; each has a ``router``, and ``ROUTERS`` lists them in order."""

from pipeline.web.routes import (
    account,
    admin,
    audit,
    candidates,
    compare,
    health,
    intake,
    jobs,
    media,
    retention,
    review,
    review_api,
    search,
    sign_in,
    today,
    upload,
)

ROUTERS = (
    compare.router,
    candidates.router,
    review.router,
    review_api.router,
    today.router,
    sign_in.router,
    account.router,
    health.router,
    media.router,
    intake.router,
    upload.router,
    jobs.router,
    search.router,
    admin.router,
    retention.router,
    audit.router,
)
