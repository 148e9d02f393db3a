"""What clients get: objectives and error budgets, then rate, errors and duration."""

from tools.dashboards.panels import Graph, Number, Panel, Rows, quantile

NAME = "service"
_REQUESTS = "ray_wiki_digest_requests_total"
_SECONDS = "ray_wiki_digest_request_duration_seconds"
_ANSWERED = 'outcome=~"ok|rejected|degraded"'
_OTHERS = 'outcome!~"ok|rejected|degraded"'
_NEEDS = "Needs the recording rules of the chart (`metrics.rules`)."
_BURNS = f"1 uses the error budget of 30 days in 30 days; above 14.4 somebody is called. {_NEEDS}"


def _allowed(objective: str) -> str:
    target = f'wiki_digest:slo:target{{slo="{objective}"}}'
    return f"on (namespace, app_kubernetes_io_instance) (1 - {target})"


def _burns(title: str, ratio: str, objective: str) -> Graph:
    lines = {
        window: f"wiki_digest:{ratio}:ratio_rate{window} / {_allowed(objective)}"
        for window in ("1h", "6h", "1d")
    }
    return Graph(title, _BURNS, lines, width=6)


def _kept(title: str, ratio: str) -> Number:
    expression = f"1 - wiki_digest:{ratio}:ratio_rate30d"
    return Number(title, f"Over 30 days. {_NEEDS}", expression, "percentunit", digits=3)


def _left(title: str, ratio: str, objective: str) -> Number:
    expression = f"1 - wiki_digest:{ratio}:ratio_rate30d / {_allowed(objective)}"
    explained = f"Of 30 days; below 0 the objective is missed. {_NEEDS}"
    return Number(title, explained, expression, "percentunit", digits=1)


_OBJECTIVES: list[Panel] = [
    _kept("Available", "failures_per_request"),
    _left("Error budget left", "failures_per_request", "availability"),
    _kept("Fast enough", "slow_per_answer"),
    _left("Latency budget left", "slow_per_answer", "latency"),
    Number(
        "Requests",
        "In a second, on all routes.",
        f"sum(rate({_REQUESTS}[rate]))",
        "reqps",
    ),
    Number(
        "Versions",
        "Replicas of each version of the app; two versions during an upgrade.",
        "count by (version) (ray_wiki_digest_build_info)",
        legend="{{version}}",
    ),
    _burns("Burn rate: availability", "failures_per_request", "availability"),
    _burns("Burn rate: latency", "slow_per_answer", "latency"),
    Graph(
        "Alerts",
        f"Alerts of this release that fire; docs/runbooks.md explains them. {_NEEDS}",
        {"{{alertname}} {{window}}": 'ALERTS{alertstate="firing"}'},
        width=12,
    ),
]
_TRAFFIC: list[Panel] = [
    Graph(
        "Requests by route",
        "`other` is any unknown path.",
        {"{{route}}": f"sum by (route) (rate({_REQUESTS}[rate]))"},
        "reqps",
    ),
    Graph(
        "Answers by status",
        "Requests that got a digest, or a page.",
        {"{{outcome}}": f"sum by (outcome) (rate({_REQUESTS}{{{_ANSWERED}}}[rate]))"},
        "reqps",
    ),
    Graph(
        "Failures by outcome",
        "Problems of clients and of the release; docs/runbooks.md explains them.",
        {"{{outcome}}": f"sum by (outcome) (rate({_REQUESTS}{{{_OTHERS}}}[rate]))"},
        "reqps",
    ),
    Graph(
        "Time of answers",
        "Until the last byte, of answers that did not come from the cache.",
        {
            "p50": quantile(0.5, _SECONDS),
            "p95": quantile(0.95, _SECONDS),
            "p99": quantile(0.99, _SECONDS),
            "objective": "wiki_digest:slo:latency_seconds",
        },
        "s",
    ),
    Graph(
        "Time by route, p95",
        "A POST takes as long as the slowest of its terms.",
        {"{{route}}": quantile(0.95, _SECONDS, "route")},
        "s",
    ),
    Graph(
        "Cached answers",
        "Share of the answers that came from the cache.",
        {
            "cached": f'sum(rate({_REQUESTS}{{{_ANSWERED},cached="true"}}[rate]))'
            f" / sum(rate({_REQUESTS}{{{_ANSWERED}}}[rate]))"
        },
        "percentunit",
    ),
]
_LOAD: list[Panel] = [
    Graph(
        "Terms in progress",
        "And how many may be, in all replicas.",
        {
            "in progress": "sum(ray_wiki_digest_terms_in_progress)",
            "limit": "sum(ray_wiki_digest_terms_limit)",
        },
        width=6,
    ),
    Graph(
        "Refused",
        "`busy`, `queue`: the release is full. `share`, `rate`: a client has more than its own.",
        {"{{reason}}": "sum by (reason) (rate(ray_wiki_digest_refused_total[rate]))"},
        "reqps",
        width=6,
    ),
    Graph(
        "Missing results",
        "Why digests are degraded: a stage failed, or declined a language.",
        {
            "{{stage}} {{reason}}": "sum by (stage, reason)"
            " (rate(ray_wiki_digest_missing_stages_total[rate]))"
        },
        "cps",
        width=6,
    ),
    Graph(
        "Statuses that clients see",
        "Counted by HAProxy, so also those that no replica sent.",
        {
            "{{code}}": "sum by (code)"
            ' (rate(haproxy_frontend_http_responses_total{proxy="http_frontend"}[rate]))'
        },
        "reqps",
        width=6,
    ),
]
ROWS: Rows = {"Objectives": _OBJECTIVES, "Requests": _TRAFFIC, "Load": _LOAD}
