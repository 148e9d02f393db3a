from app.api.about import Overview
from app.metrics.report import ReplicaReport, report
from app.metrics.tally import Tally
from app.serving.overview import ASK_S, overview

A, B, C = (report(Tally(), "Digest", name) for name in "abc")


class FakeDeployment:
    """A deployment whose replicas answer with these; an exception of its own is raised."""

    def __init__(self, *answers: ReplicaReport | BaseException, fails: bool = False) -> None:
        self._answers = [*answers]
        self._fails = fails
        self.called: list[str] = []

    def broadcast(self, method_name: str) -> "FakeDeployment":
        self.called.append(method_name)
        return self

    async def results_async(
        self, *, timeout_s: float, return_exceptions: bool
    ) -> list[ReplicaReport | BaseException]:
        assert (timeout_s, return_exceptions) == (ASK_S, True)
        if self._fails:
            raise TimeoutError
        return self._answers


async def test_every_replica_of_every_deployment_is_asked_for_its_report() -> None:
    digest, stage = FakeDeployment(A, B), FakeDeployment(C)
    assert await overview(A, [digest, stage]) == Overview((A, B, C), silent=0)
    assert digest.called == stage.called == ["report"]


async def test_a_replica_that_fails_is_silent_and_the_others_answer() -> None:
    found = await overview(A, [FakeDeployment(A, ValueError("died"), B)])
    assert found == Overview((A, B), silent=1)


async def test_a_deployment_that_is_too_slow_is_silent() -> None:
    assert await overview(A, [FakeDeployment(fails=True)]) == Overview((A,), silent=1)
