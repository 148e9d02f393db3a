import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.errors import ShellError
from app.shell.objectives import (
    Measured,
    Objectives,
    Verdict,
    of_lines,
    of_prometheus,
    queries,
    verdicts,
)
from tests.support import promtool


def lines(*pairs: tuple[int | None, float]) -> list[str]:
    return [json.dumps({"status": status, "seconds": s, "term": "x"}) for status, s in pairs]


def kept(measured: Measured, **given: float) -> dict[str, bool]:
    """Whether each objective was kept."""
    found = verdicts(measured, Objectives()._replace(**given))
    return {verdict.objective: verdict.kept for verdict in found}


def test_a_release_within_its_budget_keeps_both_objectives() -> None:
    availability, p95 = verdicts(Measured(10_000, 5, 0.25), Objectives(0.999, 1))
    note = "5 of 10,000 failed, 50% of the budget"
    assert availability == Verdict("availability", "99.900%", "99.950%", kept=True, note=note)
    assert p95 == Verdict("p95", "1 s", "0.250 s", kept=True)


def test_the_budget_may_be_used_up_and_no_more() -> None:
    found = [kept(Measured(10_000, failed, 0.1))["availability"] for failed in (0, 10, 11)]
    assert found == [True, True, False]


def test_answers_must_be_within_their_time() -> None:
    assert [kept(Measured(10, 0, p95_s))["p95"] for p95_s in (1.0, 1.01)] == [True, False]


def test_without_an_answer_the_time_is_missed() -> None:
    assert kept(Measured(10, 10, None)) == {"availability": False, "p95": False}


def test_a_release_that_gets_only_posts_keeps_the_time() -> None:
    assert kept(Measured(10, 0, None)) == {"availability": True, "p95": True}


def test_an_objective_of_all_requests_has_no_budget() -> None:
    (availability, _) = verdicts(Measured(10, 0, 0.1), Objectives(availability=1))
    assert (availability.kept, availability.note) == (True, "0 of 10 failed")


def test_no_requests_are_nothing_to_judge_by() -> None:
    with pytest.raises(ShellError, match="no requests were found"):
        verdicts(Measured(0, 0, None), Objectives())


def test_a_load_has_its_requests_its_failures_and_the_time_of_95_percent() -> None:
    load = lines(*[(200, n / 100) for n in range(1, 21)], (500, 9), (503, 9), (None, 60))
    assert of_lines(load) == Measured(requests=23, failed=3, p95_s=0.19)


def test_errors_of_clients_do_not_count_and_a_missing_article_is_served() -> None:
    load = lines((200, 0.1), (404, 0.2), (422, 5), (429, 5))
    assert of_lines(load) == Measured(requests=2, failed=0, p95_s=0.1)


def test_blank_lines_are_skipped() -> None:
    assert of_lines(["", *lines((200, 0.1)), " \n"]).requests == 1


@pytest.mark.parametrize("text", ["no", "[]", '{"status": 200}', '{"status": 200, "seconds": -1}'])
def test_a_line_of_something_else_is_an_error_with_its_number(text: str) -> None:
    with pytest.raises(ShellError, match=r"^line 2 is no JSON object"):
        of_lines([*lines((200, 0.1)), text])


def test_prometheus_is_asked_for_each_number() -> None:
    wanted = dict(zip(queries("1h", 'namespace="a"'), (100.0, None, 0.5), strict=True))
    assert of_prometheus(wanted.__getitem__, "1h", 'namespace="a"') == Measured(100, 0, 0.5)


SERIES: dict[str, str] = {
    'requests_total{route="/v1/digest",outcome="ok",cached="false"': "0+60x10",
    'requests_total{route="/v1/digest",outcome="ok",cached="true"': "0+40x10",
    'requests_total{route="/v1/digest",outcome="internal",cached="false"': "0+2x10",
    'requests_total{route="/v1/digest",outcome="client-error",cached="false"': "0+9x10",
    'request_duration_seconds_bucket{route="/v1/digest",le="0.5"': "0+50x10",
    'request_duration_seconds_bucket{route="/v1/digest",le="1.0"': "0+60x10",
    'request_duration_seconds_bucket{route="/v1/digest",le="+Inf"': "0+60x10",
    'request_duration_seconds_bucket{route="/v1/digests",le="+Inf"': "0+999x10",
}
"""In each minute 60 computed answers, 40 cached ones, 2 failures and 9 errors of clients."""


def check(folder: Path, series: dict[str, str], expected: list[float | None]) -> None:
    """Evaluate the queries by Prometheus itself."""
    tests = [
        {
            "expr": query,
            "eval_time": "10m",
            "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
        }
        for query, value in zip(queries("10m", 'namespace="a"'), expected, strict=True)
    ]
    given: list[dict[str, Any]] = [
        {"series": f'ray_wiki_digest_{name},namespace="{namespace}"}}', "values": values}
        for name, values in series.items()
        for namespace in ("a", "b")
    ]
    test = {"interval": "1m", "input_series": given, "promql_expr_test": tests}
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump({"tests": [test]}), encoding="utf-8")
    done = promtool.run("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_queries_of_one_release_count_cached_answers_and_no_errors_of_clients(
    tmp_path: Path,
) -> None:
    """Of 100 answers 40 are cached and 50 within half a second: 95 are within 0.75 s."""
    check(tmp_path, SERIES, [1_020, 20, 0.75])


def test_the_queries_need_no_cached_answer(tmp_path: Path) -> None:
    """Of 60 answers, 57 are within 0.85 s."""
    computed = {name: values for name, values in SERIES.items() if 'cached="true"' not in name}
    check(tmp_path, computed, [620, 20, 0.85])
