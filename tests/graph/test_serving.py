"""The whole thing as a person starts it: `wiki-digest serve` on a real Ray, asked over HTTP."""

import json

import pytest
import requests

from devtools.server import Server

ASK_S = 40


def get(server: Server, path: str, **headers: str) -> requests.Response:
    """One answer, within a deadline."""
    return requests.get(f"{server.address}{path}", timeout=ASK_S, headers=headers)


def events(response: requests.Response) -> list[tuple[str, object]]:
    """The (name, data) of each server-sent event."""
    blocks = [block for block in response.text.split("\n\n") if "event: " in block]
    fields = [dict(line.split(": ", 1) for line in b.splitlines()) for b in blocks]
    return [(f["event"], json.loads(f["data"])) for f in fields]


def test_a_term_becomes_a_digest_with_all_its_parts(server: Server) -> None:
    """Title, licence, tone, summary and names of the embedded article come in one answer."""
    digest = get(server, "/v1/digest?term=ada+lovelace").json()
    assert digest["status"] == "ok"
    assert digest["title"] == "Ada Lovelace"
    assert digest["licence"]["name"] == "CC0 1.0"
    assert digest["tone"]["score"] <= digest["tone"]["threshold"]
    assert digest["summary"]["text"]
    assert "Charles Babbage" in {entity["text"] for entity in digest["entities"]["items"]}
    assert digest["ms"].keys() == {"source", "sentiment", "summarizer", "entities"}


def test_a_dark_article_is_turned_away_before_further_work(server: Server) -> None:
    """The gate's answer carries the tone, and no other stage was asked."""
    digest = get(server, "/v1/digest?term=black+death").json()
    assert digest["status"] == "rejected"
    assert digest["ms"].keys() == {"source", "sentiment"}
    assert digest["summary"] is None


def test_a_term_without_an_article_is_404(server: Server) -> None:
    """Nothing found is a problem of its own kind."""
    response = get(server, "/v1/digest?term=zzqqxx")
    assert response.status_code == 404
    assert response.json()["type"] == "urn:wiki-digest:no-article"


def test_the_classic_contract_has_its_four_fields(server: Server) -> None:
    """`/?search_term=` answers as the book has it."""
    body = get(server, "/?search_term=ada+lovelace").json()
    assert body.keys() == {"success", "message", "summary", "named_entities"}
    assert body["success"]


def test_the_stream_tells_each_stage_and_ends_with_the_digest(server: Server) -> None:
    """Events arrive in the order of the graph; the two branches in either order."""
    told = events(get(server, "/v1/digest/stream?term=ada+lovelace"))
    names = [name for name, _ in told]
    stages = [data["stage"] for name, data in told if name == "stage" and isinstance(data, dict)]
    assert names == ["stage"] * 4 + ["digest"]
    assert stages[:2] == ["source", "sentiment"]
    assert set(stages[2:]) == {"summarizer", "entities"}


def test_many_terms_are_answered_in_their_order(server: Server) -> None:
    """A digest or a problem for each."""
    terms = ["ada lovelace", "zzqqxx", "", "black death"]
    response = requests.post(f"{server.address}/v1/digests", json={"terms": terms}, timeout=ASK_S)
    items = response.json()["items"]
    assert [item["term"] for item in items] == terms
    assert [bool(item["digest"]) for item in items] == [True, False, False, True]


def test_models_are_named_with_their_revision(server: Server) -> None:
    """Each stage tells what it has loaded."""
    models = get(server, "/v1/models").json()["models"]
    assert {m["stage"] for m in models} == {"sentiment", "summarizer", "entities"}
    assert all(m["revision"] for m in models)


@pytest.mark.parametrize("stage", ["Sentiment", "Summarizer", "Entities"])
def test_a_replica_that_dies_costs_no_request(server: Server, stage: str) -> None:
    """Asked while a stage's only replica is being replaced, the answer comes all the same."""
    for process in server.replicas(stage):
        process.kill()
    response = get(server, "/v1/digest?term=ada+lovelace")
    assert response.status_code == 200, response.text
    assert response.json()["status"] in {"ok", "degraded"}


def test_ctrl_c_ends_everything_within_seconds() -> None:
    """No process is left, and the exit code is 0."""
    with Server() as started:
        seconds = started.stop()
        assert started.process.returncode == 0
        assert seconds < 10


def test_a_fused_graph_answers_the_same() -> None:
    """One setting moves the stages into the ingress; there are no other deployments."""
    with Server("placement=fused") as fused:
        digest = get(fused, "/v1/digest?term=ada+lovelace").json()
        assert digest["status"] == "ok"
        assert not fused.replicas("Entities")


@pytest.mark.parametrize("seconds", ["0", "0.001"])
def test_a_header_cannot_move_the_deadline(seconds: str) -> None:
    """`x-request-timeout-seconds` neither lifts nor shortens it: Serve never sees it."""
    with Server("digest.deadline_s=0.5", "sentiment.batch.batch_wait_timeout_s=2") as hurried:
        response = get(
            hurried, "/v1/digest?term=ada+lovelace", **{"x-request-timeout-seconds": seconds}
        )
        assert response.status_code == 504
        assert response.json()["type"] == "urn:wiki-digest:deadline-exceeded"
