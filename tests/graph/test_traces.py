"""Traces of a real Serve, as a collector receives them."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest
import requests

from app.serving.span_export import TIMEOUT_S
from devtools.server import Server
from tests.support.faulty_wiki import FaultyWiki
from tests.support.otlp_receiver import WITHIN_S, OtlpReceiver, Span
from tests.support.tiny_wiki import TinyWiki

PAGE = Path(__file__).parents[2] / "docs" / "traces.md"
ASK_S = 40
SPAN = "00f067aa0ba902b7"
STAGES = ("sentiment", "summarizer", "entities")
ROOT = "GET /v1/digest"
WHOLE = 12
"""Spans of a digest: the request, the source and its search, and three for each other stage."""


class Traced:
    """A server with a deployment for each stage, and the collector of its traces."""

    def __init__(self, server: Server, receiver: OtlpReceiver) -> None:
        self._server = server
        self.receiver = receiver

    def get(self, term: str, trace: int, *, sampled: bool = True) -> requests.Response:
        """The answer to a request that is part of a trace already."""
        parent = f"00-{trace:032x}-{SPAN}-{sampled:02x}"
        return self.ask(f"/v1/digest?term={term}", traceparent=parent)

    def ask(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"{self._server.address}{path}", headers=headers, timeout=ASK_S)

    def trace(self, number: int, spans: int = WHOLE) -> list[Span]:
        return self.receiver.trace(f"{number:032x}", spans)


def started(receiver: OtlpReceiver, ratio: float, *more: str) -> Server:
    tracing = f"tracing.sample_ratio={ratio}", f"tracing.endpoint={receiver.address}"
    nothing_cached = "digest.cache_size=0", "source.cache_size=0"
    once = "digest.hedge_after_s=60"  # a call that is repeated has two spans
    return Server("placement=distributed", once, *nothing_cached, *tracing, *more)


@pytest.fixture(scope="module")
def traced() -> Iterator[Traced]:
    """It begins almost no traces of its own."""
    with OtlpReceiver() as receiver, started(receiver, 1e-9) as server:
        yield Traced(server, receiver)


def children(spans: list[Span], parent: str) -> list[Span]:
    return [span for span in spans if span.parent == parent]


def test_a_trace_is_continued_through_all_stages_across_processes(traced: Traced) -> None:
    assert traced.get("ada+lovelace", 1).json()["status"] == "ok"
    spans = traced.trace(1)
    assert len(spans) == WHOLE
    (root,) = children(spans, SPAN)
    assert (root.name, root.kind) == (ROOT, "server")
    stages = {span.name: span for span in children(spans, root.id)}
    assert stages.keys() == {"source", *STAGES}
    assert [span.name for span in children(spans, stages["source"].id)] == ["source search"]
    processes = {root.resource["service.instance.id"]}
    for stage in STAGES:
        (replica,) = children(spans, stages[stage].id)
        assert (replica.name, replica.kind) == (stage, "server")
        assert replica.resource["ray.serve.deployment"] == stage.capitalize()
        (batch,) = children(spans, replica.id)
        assert batch.name == f"{stage} batch"
        assert root.start < stages[stage].start < replica.start < batch.start
        assert batch.end <= replica.end
        processes.add(replica.resource["service.instance.id"])
    assert len(processes) == 4


def test_the_branches_are_at_the_same_time(traced: Traced) -> None:
    traced.get("kyoto", 2)
    spans = {span.name: span for span in traced.trace(2) if span.kind == "internal"}
    summarizer, entities = spans["summarizer"], spans["entities"]
    assert spans["sentiment"].end < min(summarizer.start, entities.start)
    assert max(summarizer.start, entities.start) < min(summarizer.end, entities.end)


def test_a_request_that_is_not_sampled_leaves_no_span_in_any_process(traced: Traced) -> None:
    for _ in range(5):
        assert traced.get("kyoto", 3, sampled=False).ok
        assert traced.ask("/v1/digest?term=kyoto").ok
    traced.get("alan turing", 4)
    traced.trace(4)
    assert {span.trace for span in traced.receiver.spans()} <= {f"{n:032x}" for n in (1, 2, 4, 5)}


def test_a_problem_names_its_trace(traced: Traced) -> None:
    response = traced.get("nobodyhaswrittenofthis", 5)
    assert response.json()["trace_id"] == f"{5:032x}"
    spans = {span.name: span for span in traced.trace(5, 3)}
    assert spans[ROOT].attributes["http.response.status_code"] == 404
    assert spans[ROOT].attributes["wiki_digest.outcome"] == "no-article"
    assert spans["source"].attributes["error.type"] == "NoArticle"
    assert not any(span.failed for span in spans.values())


def test_a_collector_that_hangs_slows_no_answer(traced: Traced) -> None:
    """Every second request is traced: those are as fast as the others."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    deadline, before = time.monotonic() + 3 * WITHIN_S, traced.receiver.requests
    with traced.receiver.hanging():
        while traced.receiver.requests < before + 4 or len(seconds[True]) < 20:
            assert time.monotonic() < deadline, traced.receiver.requests
            for sampled, times in seconds.items():
                begun = time.perf_counter()
                assert traced.get("kyoto", 6, sampled=sampled).ok
                times.append(time.perf_counter() - begun)
    assert median(seconds[True]) < median(seconds[False]) + TIMEOUT_S / 2


def test_a_batch_of_two_requests_is_in_both_traces_and_links_them() -> None:
    """The gate waits until it has both."""
    both = "sentiment.batch.max_batch_size=2", "sentiment.batch.batch_wait_timeout_s=10"
    with OtlpReceiver() as receiver, started(receiver, 1e-9, *both) as server:
        at = Traced(server, receiver)
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(at.get, ("kyoto", "ada+lovelace"), (7, 8)))
        assert all(answer.ok for answer in answers)
        traces = [at.trace(number) for number in (7, 8)]
    batches = [named("sentiment batch", "internal", trace) for trace in traces]
    first, other = sorted(batches, key=lambda batch: -len(batch.links))
    assert set(first.links) == {named("sentiment", "server", trace).id for trace in traces}
    assert other.links == (first.id,)
    assert {batch.attributes["wiki_digest.batch.articles"] for batch in batches} == {2}


def named(name: str, kind: str, trace: list[Span]) -> Span:
    """The only span of this name and kind."""
    (found,) = (span for span in trace if (span.name, span.kind) == (name, kind))
    return found


def test_a_trace_begins_here_and_has_every_span_of_the_documentation() -> None:
    """Also the requests to the wiki."""
    with FaultyWiki(TinyWiki()) as wiki, OtlpReceiver() as receiver:
        source = "source.kind=wikipedia", f"source.api_url={wiki.url}"
        with started(receiver, 1, *source) as server:
            wanted = f"{server.address}/v1/digest?term=ada+lovelace"
            assert requests.get(wanted, timeout=ASK_S).json()["status"] == "ok"
            spans = receiver.spans(lambda found: ROOT in [span.name for span in found])
            (root,) = (span for span in spans if span.name == ROOT)
            trace = receiver.trace(root.trace, WHOLE + len(wiki.requests))
    assert root.parent == ""
    assert {span.name for span in trace} == documented()
    (search,) = (span for span in trace if span.name == "source search")
    calls = children(trace, search.id)
    assert {(call.name, call.kind) for call in calls} == {("GET api.php", "client")}
    assert len(calls) == len(wiki.requests)
    assert not any("lovelace" in str(span).casefold() for span in trace)


def documented() -> set[str]:
    """The names of spans in the first column of the table."""
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(.+?)`", row)}
