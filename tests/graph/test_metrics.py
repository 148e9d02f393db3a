"""The metrics of a server on a real Ray, as Prometheus reads them from Ray's port."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from app.metrics.kinds import Histogram, Metric
from app.metrics.table import (
    ARTICLE_CHARACTERS,
    BATCH_ARTICLES,
    COMPUTE_SECONDS,
    DIGESTS,
    METRICS,
    MISSING,
    QUEUE_SECONDS,
    REQUEST_SECONDS,
    REQUESTS,
    SOURCE_REQUESTS,
    SOURCE_RETRIES,
)
from devtools.server import Server
from tests.support.eventually import eventually
from tests.support.faulty_wiki import FaultyWiki, status
from tests.support.tiny_wiki import TEXTS, TinyWiki

ASK_S = 40
WHOLE = 5
"""Digests."""
ARTICLES = {"source": 6, "sentiment": 4, "summarizer": 3, "entities": 3}
EXPORTED_S = 180.0
"""Metrics reach the port after 15 s; a busy machine takes longer."""
DARK = "The massacre killed thousands. The victims were tortured, burned alive and murdered."
PAGES = TEXTS | {"Massacre": DARK, "東京": "東京は日本の首都である。人口は多い。江戸と呼ばれた。"}
ADDED = {"application", "deployment", "replica"}
"""The labels of Serve."""


class Scrape(NamedTuple):
    """A page of metrics: the type of each family, and the values of samples by name and labels."""

    types: dict[str, str]
    samples: dict[str, list[tuple[dict[str, str], float]]]

    def total(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels."""
        return sum(
            value for found, value in self.samples.get(name, ()) if labels.items() <= found.items()
        )


def scrape(server: Server) -> Scrape:
    found = Scrape({}, {})
    text = requests.get(server.metrics, timeout=ASK_S).text
    for family in text_string_to_metric_families(text):
        found.types[family.name] = family.type
        for sample in family.samples:
            found.samples.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def exported(server: Server) -> Scrape | None:
    """The page of metrics, if the processes of all deployments have exported theirs."""
    found, name = scrape(server), f"{QUEUE_SECONDS.exported}_count"
    stages = all(found.total(name, stage=stage) >= n for stage, n in ARTICLES.items())
    return found if stages and found.total(DIGESTS.exported) >= WHOLE else None


@pytest.fixture(scope="module")
def scraped() -> Iterator[Scrape]:
    """The metrics after eight requests, one of which the wiki refuses at first."""
    assignments = (
        "placement=distributed",
        "source=wikipedia",
        "sentiment.batch.max_batch_tokens=4096",
        "digest.hedge_after_s=60",  # a call that is repeated counts twice
    )
    with (
        FaultyWiki(TinyWiki(PAGES), status(503)) as wiki,
        Server(*assignments, f"source.api_url={wiki.url}") as server,
    ):
        for term in ("Ada Lovelace", "Ada Lovelace", "Massacre", "東京", "zzqqxx", ""):
            requests.get(f"{server.address}/v1/digest", {"term": term}, timeout=ASK_S)
        requests.get(f"{server.address}/v1/suggestions", {"term": "ada"}, timeout=ASK_S)
        terms = {"terms": ["Mercury (planet)", "zzqqxx"]}
        requests.post(f"{server.address}/v1/digests", json=terms, timeout=ASK_S)
        yield eventually("all metrics", lambda: exported(server), EXPORTED_S)


def test_the_requests_have_the_outcomes_that_clients_saw(scraped: Scrape) -> None:
    outcomes = {
        ("/v1/digest", "ok", "false"): 1,
        ("/v1/digest", "ok", "true"): 1,
        ("/v1/digest", "rejected", "false"): 1,
        ("/v1/digest", "degraded", "false"): 1,
        ("/v1/digest", "no-article", "false"): 1,
        ("/v1/digest", "bad-term", "false"): 1,
        ("/v1/digests", "ok", "false"): 1,
        ("/v1/suggestions", "ok", "false"): 1,
    }
    for (route, outcome, cached), count in outcomes.items():
        found = scraped.total(REQUESTS.exported, route=route, outcome=outcome, cached=cached)
        assert found == count, (route, outcome, cached)


@pytest.mark.parametrize("metric", METRICS, ids=lambda one: one.name)
def test_every_metric_of_the_table_is_exported_with_its_type_and_labels(
    scraped: Scrape, metric: Metric
) -> None:
    kind = type(metric).__name__.lower()
    assert scraped.types[metric.exported.removesuffix("_total")] == kind
    is_histogram = isinstance(metric, Histogram)
    samples = scraped.samples[metric.exported + "_bucket" * is_histogram]
    names = {label.name for label in metric.labels} | ADDED | ({"le"} if is_histogram else set())
    assert samples
    for labels, _ in samples:
        assert names <= labels.keys()
        for label in metric.labels:
            assert not label.values or labels[label.name] in label.values


def test_each_stage_reports_from_its_own_deployment(scraped: Scrape) -> None:
    found = {
        labels["stage"]: labels["deployment"]
        for labels, _ in scraped.samples[f"{COMPUTE_SECONDS.exported}_count"]
    }
    assert found == {
        "source": "Digest",
        "sentiment": "Sentiment",
        "summarizer": "Summarizer",
        "entities": "Entities",
    }


def test_each_article_waits_and_is_computed_once(scraped: Scrape) -> None:
    """Four articles were found; one of them was rejected."""
    for stage, count in ARTICLES.items():
        assert scraped.total(f"{QUEUE_SECONDS.exported}_count", stage=stage) == count
    assert scraped.total(f"{BATCH_ARTICLES.exported}_count", stage="sentiment") == 4
    assert scraped.total(f"{ARTICLE_CHARACTERS.exported}_count") == 4


def test_a_digest_without_names_is_counted_as_degraded_by_its_stage(scraped: Scrape) -> None:
    assert scraped.total(MISSING.exported, stage="entities", reason="declined") == 1
    assert scraped.total(MISSING.exported) == 1


def test_the_wikis_answers_are_counted_by_status(scraped: Scrape) -> None:
    assert scraped.total(SOURCE_REQUESTS.exported, status="5xx") == 1
    assert scraped.total(SOURCE_RETRIES.exported, status="5xx") == 1
    assert scraped.total(SOURCE_REQUESTS.exported, status="2xx") > 5


def test_a_remembered_answer_has_no_time(scraped: Scrape) -> None:
    assert scraped.total(f"{REQUEST_SECONDS.exported}_count", route="/v1/digest") == 3


def test_no_term_is_in_a_label(scraped: Scrape) -> None:
    values = {
        value
        for name, samples in scraped.samples.items()
        if "wiki_digest" in name
        for labels, _ in samples
        for value in labels.values()
    }
    assert not {value for value in values if "Ada" in value or "東京" in value or "zzqq" in value}
