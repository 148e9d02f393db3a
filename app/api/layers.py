"""The middleware around the routes."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app.api import middleware, outcomes, traced
from app.api.about import Instruments
from app.api.cached_answers import CachedAnswers
from app.api.clients import Clients
from app.api.keys import Keys
from app.api.limits import MAX_BODY_BYTES
from app.api.request_context import WithContext
from app.api.root_path import RootPath
from app.config.settings import Settings
from app.driver import Driver

EXPOSED = ("ETag", "Retry-After", "WWW-Authenticate", "X-Request-Id")
"""Headers of responses that scripts of other origins may read."""


def install(app: FastAPI, driver: Driver, settings: Settings, instruments: Instruments) -> None:
    """Add the middleware to `app`. The last one added is called first."""
    api = settings.api
    size, recorder = settings.digest.cache_size, instruments.recorder
    app.add_middleware(CachedAnswers, driver=driver, size=size, recorder=recorder)
    keys = Keys(api.keys_file) if api.keys_file else None
    app.add_middleware(Clients, trusted_proxies=api.trusted_proxies, keys=keys)
    app.add_middleware(middleware.SizeLimits, limit=MAX_BODY_BYTES)
    app.add_middleware(middleware.HeadAsGet)
    outcomes.install(app, recorder)
    traced.install(app, instruments.tracer)
    if api.root_path or api.forwarded_prefix:
        app.add_middleware(RootPath, root_path=api.root_path, forwarded=api.forwarded_prefix)
    if api.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=api.cors_origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("Authorization", "Content-Type", "If-None-Match", "X-Request-Id"),
            expose_headers=EXPOSED,
        )
    app.add_middleware(WithContext)
