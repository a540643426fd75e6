"""One module per page of the app; each has a ``router``, and ``ROUTERS`` lists them in order."""

from pipeline.web.routes import account, health, sign_in, today

ROUTERS = (today.router, sign_in.router, account.router, health.router)
