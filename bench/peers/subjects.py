"""What is compared: how each subject is installed, started and asked."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ROOT_VENV: Final = ""
SHARED: Final = ("fastapi", "numpy", "onnxruntime", "pydantic", "sentencex", "tokenizers")
"""What the graph needs, installed beside each peer."""


@dataclass(frozen=True)
class Subject:
    """A server: its requirements (none: this project's venv), its command, and its request."""

    name: str
    command: tuple[str, ...]
    path: str
    json: str = ""
    """the JSON body of a POST, with TERM in it; empty: a GET with the term in the query"""
    requires: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    noop: bool = False
    """whether it can run without models"""


def _module(name: str) -> tuple[str, ...]:
    return ("{python}", "-m", f"bench.peers.servers.{name}")


def _ours(*settings: str) -> tuple[str, ...]:
    uncached = ("source.folder={folder}", "source.cache_size={cache}", "digest.cache_size={cache}")
    given = [word for one in (*uncached, *settings) for word in ("--set", one)]
    return (sys.executable, "-m", "app.cli", "serve", "--port", "{port}", *given)


OURS = "/v1/digest?term="
SUBJECTS: Final = (
    Subject("ours, distributed (the default)", _ours(), OURS),
    Subject("ours, fused", _ours("placement=fused"), OURS),
    Subject(
        "ours, fused, two replicas",
        _ours("placement=fused", "deployments.Digest.num_replicas=2"),
        OURS,
    ),
    Subject(
        "LitServe, two workers",
        _module("litserve_app"),
        "/predict",
        '{"term": TERM}',
        ("litserve==0.2.19",),
        noop=True,
    ),
    Subject(
        "FastAPI and uvicorn, two workers",
        _module("uvicorn_app"),
        "/digest?term=",
        requires=("uvicorn==0.54.0",),
        noop=True,
    ),
    Subject(
        "BentoML, composed",
        ("{venv}/bin/bentoml", "serve", "bench.peers.servers.bentoml_app:Digest", "-p", "{port}"),
        "/digest",
        '{"term": TERM}',
        ("bentoml==1.4.40",),
        {"BENTOML_DO_NOT_TRACK": "true"},
    ),
    Subject(
        "KServe, one model",
        _module("kserve_app"),
        "/v1/models/digest:predict",
        '{"instances": [TERM]}',
        ("kserve==0.21.0",),
        noop=True,
    ),
    Subject("the graph on Serve's defaults", _module("chapter_app"), "/?term="),
)
NOOPS: Final = (
    Subject("ours, fused, no-op", _module("ours_noop"), OURS, noop=True),
    *(one for one in SUBJECTS if one.noop),
)
