"""What the driver calls."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, TypeAlias

from app.core.values import Article, BranchResult, Tone

Branch: TypeAlias = Callable[[Article], Awaitable[BranchResult]]
Branches: TypeAlias = Mapping[str, Branch]
"""By the name of the stage."""


class Stages(NamedTuple):
    """Deployment handles, plain methods, or fakes."""

    source: Callable[[str], Awaitable[Article]]
    sentiment: Callable[[Article], Awaitable[Tone]]
    branches: Branches
