"""Whether a new version is worse than its objectives allow, by what it has answered so far."""

import math
from typing import NamedTuple

from app.shell.objectives import QUANTILE, Objectives
from app.shell.tallies import Tally, bound_s

CHANCE = 0.001
"""The chance at most that a version which is exactly as good as allowed is ever found worse."""
CONFIRMED = 0.05
"""That chance, where earlier answers have said already that it is worse."""
_FARTHER = (0.01, 0.03, 0.1, 0.3, 0.9)
"""How far from the allowed share to 1 the shares are that count as evidence."""


class _Part(NamedTuple):
    bad: float
    all: float

    @property
    def share(self) -> float:
        return self.bad / self.all if self.all else 0.0


def complaint(new: Tally, old: Tally, objectives: Objectives, chance: float = CHANCE) -> str:
    """What is wrong with the new version, a sentence; empty if nothing is.

    One that is as good as allowed is blamed with this chance at most. Where the old version misses
    an objective too, as while the source is down, its share is the limit.
    """
    seconds = bound_s(objectives.p95_s)
    failed = _Part(new.failed, new.requests), _Part(old.failed, old.requests)
    slow = _Part(new.slow, new.timed), _Part(old.slow, old.timed)
    late = f"answers took more than {seconds:g} s"
    return _worse("requests failed", *failed, 1 - objectives.availability, chance) or _worse(
        late, *slow, 1 - QUANTILE, chance
    )


def _worse(what: str, new: _Part, old: _Part, allowed: float, chance: float) -> str:
    is_shared = is_beyond(old.bad, old.all, allowed)
    limit = max(allowed, old.share) if is_shared else allowed
    if not is_beyond(new.bad, new.all, limit, chance):
        return ""
    whose = "of the old version" if is_shared else "are allowed"
    said = f"{new.bad:,.0f} of the new version's {new.all:,.0f} {what}"
    return f"{said}, {new.share:.1%}; {limit:.1%} {whose}"


def is_beyond(bad: float, all_: float, share: float, chance: float = CHANCE) -> bool:
    """Whether more than a share of all are bad, as can be said after every look.

    The mean of the likelihood ratios against larger shares grows beyond 1 / `chance`, ever, with
    this chance at most, if the share is kept (Ville's inequality): looking often costs nothing.
    """
    if share >= 1:
        return False
    kept = max(share, 1e-6)  # a share of 0 has no likelihood
    others = [kept + (1 - kept) * part for part in _FARTHER]
    logs = [
        bad * math.log(one / kept) + (all_ - bad) * math.log((1 - one) / (1 - kept))
        for one in others
    ]
    return _log_mean_exp(logs) >= -math.log(chance)


def _log_mean_exp(logs: list[float]) -> float:
    most = max(logs)
    return most + math.log(sum(math.exp(one - most) for one in logs) / len(logs))
