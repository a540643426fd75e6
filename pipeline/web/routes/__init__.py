"""One module per page of the app; each has a ``router``, and ``ROUTERS`` lists them in order."""

from pipeline.web.routes import today

ROUTERS = (today.router,)
