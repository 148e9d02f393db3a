"""Asks all replicas of the graph what they have counted."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from ray.serve.exceptions import DeploymentUnavailableError

from app.api.about import Overview
from app.metrics.report import ReplicaReport

ASK_S = 2.0
"""Seconds in which the replicas of a deployment must answer."""


class Answers(Protocol):
    """What a broadcast of Serve returns."""

    async def results_async(
        self, *, timeout_s: float, return_exceptions: bool
    ) -> list[ReplicaReport | BaseException]:
        """The answer of each replica, or its error."""


class Replicas(Protocol):
    """A handle to a deployment."""

    def broadcast(self, method_name: str) -> Answers:
        """Call a method of every replica."""


async def overview(own: ReplicaReport, deployments: Iterable[Replicas]) -> Overview:
    """The reports of this replica and of all of these deployments; each replica has one.

    A replica that fails, or a deployment that is too slow, counts as silent.
    """
    asked = await asyncio.gather(*map(_ask, deployments))
    answers = [answer for found in asked for answer in found]
    reports = [own, *(answer for answer in answers if isinstance(answer, ReplicaReport))]
    each = {(one.deployment, one.replica): one for one in reports}
    return Overview(tuple(each.values()), len(answers) + 1 - len(reports))


async def _ask(deployment: Replicas) -> list[ReplicaReport | BaseException]:
    try:
        answers = deployment.broadcast("report")
        return await answers.results_async(timeout_s=ASK_S, return_exceptions=True)
    except (TimeoutError, DeploymentUnavailableError) as error:
        return [error]
