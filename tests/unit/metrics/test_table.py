"""The conventions that `promtool check metrics` holds names to, and the bounds of labels."""

import math
import re
from typing import Any

import pytest

from app.core.errors import DigestError, kind
from app.core.values import Status
from app.metrics.kinds import Counter, Gauge, Histogram, Metric
from app.metrics.table import ANSWER, METRICS, OTHER, OUTCOME, ROUTE, STAGE, status_label
from app.stages.registry import STAGES
from tests.support.fakes import FakeStages, application

BASE_UNITS = {"seconds", "ratio", "tokens", "characters", "articles", "entries", "info"}
"""Units that a name ends with, before `_total`."""
RESERVED = {"le", "quantile", "job", "instance", "deployment", "replica", "application"}
"""Labels of Prometheus and of Serve."""
MOST_SERIES = 500
"""Of one metric in one replica."""
each = pytest.mark.parametrize("metric", METRICS, ids=lambda one: one.name)


def subclasses(base: type[Any]) -> set[type[Any]]:
    return {one for sub in base.__subclasses__() for one in (sub, *subclasses(sub))}


@each
def test_a_name_is_of_this_application_in_snake_case(metric: Metric) -> None:
    assert re.fullmatch(r"wiki_digest(_[a-z]+)+", metric.name)
    assert metric.exported == f"ray_{metric.name}"


@each
def test_only_a_counter_ends_in_total(metric: Metric) -> None:
    assert metric.name.endswith("_total") == isinstance(metric, Counter)


@each
def test_no_name_ends_like_the_parts_of_a_histogram(metric: Metric) -> None:
    assert not re.search(r"_(count|sum|bucket)$", metric.name)


@each
def test_a_name_ends_with_its_base_unit(metric: Metric) -> None:
    """`seconds`, never `ms`; a counter or a gauge of things may be named after them alone."""
    bare = metric.name.removesuffix("_total")
    unit_in_name = {word for word in bare.split("_") if word in BASE_UNITS}
    assert not re.search(r"milli|_ms\b|minutes|kilo|percent|bytes", bare)
    if isinstance(metric, Histogram) or metric.unit in {"seconds", "info"}:
        assert metric.unit in unit_in_name


@each
def test_help_is_a_sentence(metric: Metric) -> None:
    assert metric.help.endswith(".")
    assert metric.help[0].isupper()


@each
def test_every_label_is_bounded(metric: Metric) -> None:
    """One value in each process (the version), or values that the table lists."""
    assert math.prod(len(label.values) or 1 for label in metric.labels) <= MOST_SERIES
    assert all(label.values or label.name == "version" for label in metric.labels)
    assert all(len(set(label.values)) == len(label.values) for label in metric.labels)


@each
def test_no_label_holds_what_a_user_sends(metric: Metric) -> None:
    names = [label.name for label in metric.labels]
    assert not {"term", "title", "url", "client", "address", "key", "query"} & set(names)
    assert not RESERVED & set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "metric", [one for one in METRICS if isinstance(one, Histogram)], ids=lambda one: one.name
)
def test_buckets_ascend_from_above_zero(metric: Histogram) -> None:
    """Ray refuses a bound of 0 or less."""
    assert metric.buckets[0] > 0
    assert list(metric.buckets) == sorted(set(metric.buckets))


def test_each_name_is_one_metric_of_a_known_type() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS) > 20
    assert {type(metric) for metric in METRICS} == {Counter, Gauge, Histogram}


def test_every_route_has_its_value() -> None:
    paths = set(application(FakeStages()).openapi()["paths"])
    assert {*paths, "/docs", "/openapi.json", "/web", OTHER} == set(ROUTE.values)


def test_every_status_and_every_problem_is_an_outcome() -> None:
    problems = {kind(one) for one in subclasses(DigestError) if one.__module__.startswith("app.")}
    assert problems | set(Status) <= set(OUTCOME.values)
    assert {"invalid-request", "client-error", "internal", "cancelled"} <= set(OUTCOME.values)


def test_every_stage_has_its_value() -> None:
    assert ("source", *STAGES) == STAGE.values


@pytest.mark.parametrize(
    ("status", "label"),
    [(200, "2xx"), (302, "3xx"), (404, "4xx"), (429, "429"), (503, "5xx"), (999, "failed")],
)
def test_a_status_of_http_has_a_label(status: int, label: str) -> None:
    assert status_label(status) == label
    assert label in ANSWER.values
