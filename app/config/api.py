"""The settings of the API."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.config.strict import StrictSettings

ROOT_PATH = r"^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$"
"""The pattern of a root path: no slash at the end, no segment that begins with a dot."""
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[a-z0-9.:\[\]-]+)$")]


class ApiSettings(StrictSettings):
    """Who uses the API, and where."""

    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    """proxies in front of a replica that append to `X-Forwarded-For`: a client is the address
    before them; 0: the peer of the connection. `wiki-digest serve` and the chart give 1 for
    HAProxy, and the chart 2 with its ingress (see docs/operations.md)"""
    keys_file: Path | None = None
    """a file with a line `NAME:SHA256` for each API key, read again when it changes; a request then
    needs a key (see docs/api.md); default: none is needed"""
    terms_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """terms of one client in a minute that a replica answers; more get a 429; default: no limit"""
    root_path: Annotated[str, Field(pattern=ROOT_PATH, max_length=200)] = ""
    """the path under which a proxy serves the API, as `/digests`; the proxy may remove it from
    requests. The chart sets the path of its ingress"""
    forwarded_prefix: bool = False
    """use the last `X-Forwarded-Prefix` of a request as its root path, which the proxy must set"""
    cors_origins: tuple[Origin, ...] = ()
    """origins whose pages may use the API, as `https://example.org`; `*` for all"""
