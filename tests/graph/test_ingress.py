"""`wiki-digest serve` on a real Ray, over HTTP."""

import json

import pytest
import requests

from devtools.server import Server

ASK_S = 40


def get(server: Server, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{server.address}{path}", timeout=ASK_S, headers=headers)


def events(response: requests.Response) -> list[tuple[str, object]]:
    """Return the (name, data) of each server-sent event."""
    blocks = [block for block in response.text.split("\n\n") if "event: " in block]
    fields = [dict(line.split(": ", 1) for line in b.splitlines()) for b in blocks]
    return [(f["event"], json.loads(f["data"])) for f in fields]


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


@pytest.mark.parametrize("stage", ["Sentiment", "Summarizer", "Entities"])
def test_a_request_succeeds_while_a_stages_only_replica_is_replaced(
    server: Server, stage: str
) -> None:
    for process in server.replicas(stage):
        process.kill()
    response = get(server, "/v1/digest?term=ada+lovelace")
    assert response.status_code == 200, response.text
    assert response.json()["status"] in {"ok", "degraded"}


def test_ctrl_c_stops_all_processes_within_10_s_with_exit_code_0() -> None:
    with Server() as started:
        seconds = started.stop()
        assert started.process.returncode == 0
        assert seconds < 10


def test_a_fused_graph_answers_without_stage_deployments() -> None:
    with Server("placement=fused") as fused:
        digest = get(fused, "/v1/digest?term=ada+lovelace").json()
        assert digest["status"] == "ok"
        assert not fused.replicas("Entities")


@pytest.mark.parametrize("seconds", ["0", "0.001"])
def test_a_client_header_does_not_change_the_deadline(seconds: str) -> None:
    """The header filter removes `x-request-timeout-seconds` before Serve reads it."""
    with Server("digest.deadline_s=0.5", "sentiment.batch.batch_wait_timeout_s=2") as hurried:
        response = get(
            hurried, "/v1/digest?term=ada+lovelace", **{"x-request-timeout-seconds": seconds}
        )
        assert response.status_code == 504
        assert response.json()["type"] == "urn:wiki-digest:deadline-exceeded"
