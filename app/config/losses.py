"""What a release loses with one node."""

from collections import Counter
from typing import NamedTuple

from app.config.placement import Plan, Worker
from app.config.settings import Settings

HEAD_KEPT = "workers serve on; nothing scales or changes until it runs again"
HEAD_LOST = "no answers until the whole cluster has started again (see faultTolerance)"
NO_ANSWERS = "no answers"


class Loss(NamedTuple):
    """A group of pods, or the head, and what the loss of one of its nodes costs."""

    pod: str
    cost: str


def losses(plan: Plan) -> list[Loss]:
    """The cost of one node with one pod, at the minimum of replicas; equal ones once."""
    workers = plan.least.workers
    total = sum((worker.holds for worker in workers), Counter[str]())
    found = [Loss(worker.group, _cost(worker, total, plan.config.settings)) for worker in workers]
    return [*dict.fromkeys(found), Loss("head", HEAD_KEPT if plan.fault_tolerant else HEAD_LOST)]


def _cost(worker: Worker, total: Counter[str], settings: Settings) -> str:
    held = sorted(worker.holds.items())
    parts = ", ".join(f"{name} {count} of {total[name]}" for name, count in held)
    gone = {_effect(name, settings) for name, count in held if count == total[name]}
    effects = NO_ANSWERS if NO_ANSWERS in gone else ", ".join(sorted(gone))
    until = f": {effects} until they run again" if gone else ""
    return f"{parts}{until}" if parts else "nothing"


def _effect(deployment: str, settings: Settings) -> str:
    """What answers lack without a deployment; each is named after its stage."""
    if deployment in {"Summarizer", "Entities"}:
        return f"answers without {deployment.lower()}"
    if deployment == "Sentiment" and settings.sentiment.fail_open:
        return "no article is rejected"
    return NO_ANSWERS
