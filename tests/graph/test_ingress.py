"""`wiki-digest serve` on a real Ray, over HTTP."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psutil
import pytest
import requests

from app.config.settings import Settings
from app.core.tracing import OFF
from app.metrics.tally import Tally
from app.serving.ingress import DigestReplica
from app.stages import source
from devtools.server import Server
from tests.support.eventually import eventually
from tests.support.fakes import FakeStages
from tests.support.sockets import has_connection, unread_request

ASK_S = 130
REQUEST_BYTES = 2_000
"""More than a health check has."""
DEPLOYMENTS = {"Digest", "Sentiment", "Summarizer", "Entities"}


def get(server: Server, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{server.address}{path}", timeout=ASK_S, headers=headers)


def events(response: requests.Response) -> list[tuple[str, object]]:
    """Return the (name, data) of each server-sent event."""
    blocks = [block for block in response.text.split("\n\n") if "event: " in block]
    fields = [dict(line.split(": ", 1) for line in b.splitlines()) for b in blocks]
    return [(f["event"], json.loads(f["data"])) for f in fields]


class Replica(DigestReplica):
    """The ingress over fakes, without Ray."""

    def __init__(self) -> None:
        self._settings, self._tally, self._tracer = Settings(), Tally(), OFF
        self._driver, self._source = FakeStages().driver(), source.load(self._settings.source)


def test_the_document_is_made_before_a_request_asks_for_it() -> None:
    """The first takes longer than a request may hold the loop."""
    assert Replica().__serve_build_asgi_app__().openapi_schema is not None


def test_a_digest_has_all_its_parts(server: Server) -> None:
    digest = get(server, "/v1/digest?term=ada+lovelace").json()
    assert digest["status"] == "ok"
    assert digest["title"] == "Ada Lovelace"
    assert digest["licence"]["name"] == "CC0 1.0"
    assert digest["tone"]["score"] <= digest["tone"]["threshold"]
    assert digest["summary"]["text"]
    assert "Charles Babbage" in {entity["text"] for entity in digest["entities"]["items"]}
    assert digest["ms"].keys() == {"source", "sentiment", "summarizer", "entities"}


def test_a_rejected_article_skips_the_branches(server: Server) -> None:
    digest = get(server, "/v1/digest?term=black+death").json()
    assert digest["status"] == "rejected"
    assert digest["ms"].keys() == {"source", "sentiment"}
    assert digest["summary"] is None


def test_a_term_without_an_article_is_404(server: Server) -> None:
    response = get(server, "/v1/digest?term=zzqqxx")
    assert response.status_code == 404
    assert response.json()["type"] == "urn:wiki-digest:no-article"


def test_the_classic_contract_has_its_four_fields(server: Server) -> None:
    body = get(server, "/?search_term=ada+lovelace").json()
    assert body.keys() == {"success", "message", "summary", "named_entities"}
    assert body["success"]


def test_the_stream_has_an_event_for_each_stage_and_ends_with_the_digest(server: Server) -> None:
    told = events(get(server, "/v1/digest/stream?term=ada+lovelace"))
    names = [name for name, _ in told]
    stages = [data["stage"] for name, data in told if name == "stage" and isinstance(data, dict)]
    assert names == ["stage"] * 4 + ["digest"]
    assert stages[:2] == ["source", "sentiment"]
    assert set(stages[2:]) == {"summarizer", "entities"}


def test_many_terms_are_answered_in_order(server: Server) -> None:
    terms = ["ada lovelace", "zzqqxx", "", "black death"]
    response = requests.post(f"{server.address}/v1/digests", json={"terms": terms}, timeout=ASK_S)
    items = response.json()["items"]
    assert [item["term"] for item in items] == terms
    assert [bool(item["digest"]) for item in items] == [True, False, False, True]


def test_models_are_listed_with_their_revisions(server: Server) -> None:
    models = get(server, "/v1/models").json()["models"]
    assert {m["stage"] for m in models} == {"sentiment", "summarizer", "entities"}
    assert all(m["revision"] for m in models)


def test_the_status_has_the_load_of_a_replica_of_each_deployment(server: Server) -> None:
    get(server, "/v1/digest?term=ada+lovelace")
    status = eventually("a status of all deployments", lambda: whole_status(server), ASK_S)
    replicas = {one["deployment"]: one for one in status["replicas"]}
    assert {model["stage"] for model in status["models"]} == {"sentiment", "summarizer", "entities"}
    assert (status["silent"], replicas["Digest"]["limit"]) == (0, 256)
    assert replicas["Digest"]["requests"]["ok"] >= 1
    assert replicas["Digest"]["stages"]["source"]["articles"] >= 1
    assert replicas["Entities"]["stages"]["entities"]["compute_s"] > 0


def whole_status(server: Server) -> dict[str, Any] | None:
    """The status, if every deployment has said its part in time: its replicas and its model."""
    status: dict[str, Any] = get(server, "/v1/status").json()
    seen = {one["deployment"] for one in status["replicas"]}
    is_whole = seen == DEPLOYMENTS and status["models"] and not status["silent"]
    return status if is_whole else None


@pytest.mark.parametrize("stage", ["Sentiment", "Summarizer", "Entities"])
def test_a_request_succeeds_while_a_stages_only_replica_is_replaced(
    server: Server, stage: str
) -> None:
    for process in server.replicas(stage):
        process.kill()
    response = get(server, "/v1/digest?term=ada+lovelace")
    assert response.status_code == 200, response.text
    assert response.json()["status"] in {"ok", "degraded"}


@pytest.fixture(scope="module")
def fused() -> Iterator[Server]:
    """A server as `wiki-digest serve` starts it without settings.

    Health checks are rare, so that HAProxy learns of a replica that is stopped by its requests.
    """
    with Server("digest.deadline_s=120", RAY_SERVE_HAPROXY_HEALTH_CHECK_INTER="600s") as started:
        yield started


def test_one_replica_answers_without_stage_deployments_by_default(fused: Server) -> None:
    digest = get(fused, "/v1/digest?term=ada+lovelace").json()
    assert digest["status"] == "ok"
    assert fused.replicas("Digest")
    assert not fused.replicas("Entities")


def test_the_status_has_every_replica_whichever_answers(fused: Server) -> None:
    expected = eventually("all replicas", lambda: all_answer(fused), ASK_S)
    for _ in range(4):
        eventually("the same replicas", lambda: known_replicas(fused) == expected, ASK_S)


def all_answer(server: Server) -> tuple[str, ...] | None:
    """The names of its replicas, once each of its processes for one is known by that name."""
    known = known_replicas(server)
    return known if len(known) == len(server.replicas("Digest")) else None


def known_replicas(server: Server) -> tuple[str, ...]:
    """The names of the replicas, as one of them gives them."""
    status = get(server, "/v1/status").json()
    return tuple(sorted(one["replica"] for one in status["replicas"]))


def test_a_request_succeeds_while_the_only_replica_is_replaced(fused: Server) -> None:
    for process in fused.replicas("Digest"):
        process.kill()
    response = get(fused, "/v1/digest?term=ada+lovelace")
    assert response.status_code == 200, response.text


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
def test_a_request_survives_all_replicas_dying_with_it_one_after_the_other(fused: Server) -> None:
    """Each accepts the request, dies, and refuses it when it is sent again.

    A replacement may answer before the request comes to the last of them.
    """
    eventually("all replicas", lambda: all_answer(fused), ASK_S)
    replicas = fused.replicas("Digest")
    eventually("HAProxy's connections to them", lambda: all_connected(fused, replicas), ASK_S)
    for process in replicas:
        process.suspend()
    left = list(replicas)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(get, fused, "/v1/digest?term=ada+lovelace", padding="x" * REQUEST_BYTES)
        while not asked.done():
            eventually("a holder", lambda: asked.done() or kill_the_holder(left), ASK_S, 0.05)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert asked.result().status_code == 200, asked.result().text
    assert len(left) < len(replicas)


def all_connected(server: Server, replicas: list[psutil.Process]) -> bool:
    """Whether HAProxy keeps a connection to each of these after a request."""
    get(server, "/v1/digest?term=ada+lovelace")
    return all(map(has_connection, replicas))


def kill_the_holder(replicas: list[psutil.Process]) -> bool:
    """Whether one of these stopped replicas has a request of this test to read: it is taken out."""
    for process in replicas:
        with suppress(psutil.NoSuchProcess):  # Serve ends one that does not answer
            if unread_request(process, REQUEST_BYTES):
                replicas.remove(process)
                process.kill()
                return True
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
def test_only_the_server_itself_listens_for_requests_from_outside(fused: Server) -> None:
    """HAProxy's statistics and metrics listen on this machine only."""
    listening = eventually("HAProxy, which Serve replaces", lambda: haproxy_listens(fused), ASK_S)
    assert listening == {"127.0.0.1"}


def haproxy_listens(server: Server) -> set[str]:
    """The addresses of HAProxy's listening sockets."""
    found: set[str] = set()
    for process in server.family():
        with suppress(psutil.NoSuchProcess):
            sockets = process.net_connections() if process.name() == "haproxy" else []
            found |= {at.laddr.ip for at in sockets if at.status == psutil.CONN_LISTEN}
    return found


def test_a_client_header_does_not_change_the_deadline() -> None:
    """The header filter removes `x-request-timeout-seconds` before Serve reads it."""
    with Server("digest.deadline_s=0.5", "sentiment.batch.batch_wait_timeout_s=2") as hurried:
        for term, seconds in (("ada+lovelace", "0"), ("kyoto", "0.001")):
            header = {"x-request-timeout-seconds": seconds}
            response = get(hurried, f"/v1/digest?term={term}", **header)
            assert response.status_code == 504
            assert response.json()["type"] == "urn:wiki-digest:deadline-exceeded"
