"""What is compared: how each subject is installed, started and asked."""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_NEEDED: Final = {
    "cachetools",
    "numpy",
    "onnxruntime",
    "py3langid",
    "pydantic",
    "PyYAML",
    "regex",
    "sentencex",
    "tokenizers",
}


def shared() -> list[str]:
    """What the graph needs, installed beside each peer in the versions of this project."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    pinned: list[str] = project["project"]["dependencies"]
    return [one for one in pinned if one.partition("==")[0] in _NEEDED]


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

    @property
    def caches(self) -> bool:
        """Whether it caches answers."""
        return self.path == OURS


def _module(name: str) -> tuple[str, ...]:
    return ("{python}", "-m", f"bench.peers.servers.{name}")


def _ours(*settings: str) -> tuple[str, ...]:
    uncached = ("source.folder={folder}", "source.cache_size={cache}", "digest.cache_size={cache}")
    given = [word for one in (*uncached, *settings) for word in ("--set", one)]
    return (sys.executable, "-m", "app.cli", "serve", "--port", "{port}", *given)


OURS = "/v1/digest?term="
SUBJECTS: Final = (
    Subject("ours, fused, a replica for each core", _ours(), OURS),
    Subject("ours, fused, one replica", _ours("placement=fused"), OURS),
    Subject("ours, distributed", _ours("placement=distributed"), OURS),
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
        requires=("uvicorn==0.54.0", "fastapi==0.165.0"),
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
