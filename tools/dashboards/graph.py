"""What happens inside: the stages, their batches, the caches and the source."""

from tools.dashboards.panels import Graph, Panel, Rows, quantile

NAME = "graph"
_QUEUE = "ray_wiki_digest_stage_queue_seconds"
_COMPUTE = "ray_wiki_digest_stage_compute_seconds"
_TOKENS = "ray_wiki_digest_batch_tokens"
_CHARACTERS = "ray_wiki_digest_article_characters"
_SCORE = "ray_wiki_digest_gate_score_ratio"
_WIKI = "ray_wiki_digest_source_request_duration_seconds"
_BATCHED = f'sum by (stage) (rate({_QUEUE}_count{{stage!="source"}}[rate]))'
_LOOKUPS = "ray_wiki_digest_cache_lookups_total"
_BATCHES = "sum by (stage) (rate(ray_wiki_digest_batch_articles_count[rate]))"

_STAGES: list[Panel] = [
    Graph(
        "Time in the queue, p95",
        "Until a batch takes the article. Long: the stage lacks replicas.",
        {"{{stage}}": quantile(0.95, _QUEUE, "stage")},
        "s",
    ),
    Graph(
        "Time of a batch, p95",
        "Long in all stages: they lack CPU.",
        {"{{stage}}": quantile(0.95, _COMPUTE, "stage")},
        "s",
    ),
    Graph(
        "Articles in progress",
        "Waiting or running, in all replicas.",
        {"{{stage}}": "sum by (stage) (ray_wiki_digest_stage_articles_in_progress)"},
    ),
    Graph(
        "Batches",
        "In a second; in `source`, searches.",
        {"{{stage}}": f"sum by (stage) (rate({_COMPUTE}_count[rate]))"},
        "cps",
        width=6,
    ),
    Graph(
        "Failures",
        "Articles on which a stage failed.",
        {"{{stage}}": "sum by (stage) (rate(ray_wiki_digest_stage_failures_total[rate]))"},
        "cps",
        width=6,
    ),
    Graph(
        "Retries",
        "Calls that were repeated because the replica died, or was slow.",
        {
            "{{stage}} {{reason}}": "sum by (stage, reason) "
            "(rate(ray_wiki_digest_stage_retries_total[rate]))"
        },
        "cps",
        width=6,
    ),
    Graph(
        "Time to load the model",
        "Of the slowest replica.",
        {"{{stage}}": "max by (stage) (ray_wiki_digest_model_load_seconds)"},
        "s",
        width=6,
    ),
]
_BATCHING: list[Panel] = [
    Graph("Articles in a batch", "The mean.", {"{{stage}}": f"{_BATCHED} / {_BATCHES}"}),
    Graph(
        "Tokens in a batch",
        "Padding included.",
        {
            "{{stage}} p50": quantile(0.5, _TOKENS, "stage"),
            "{{stage}} p95": quantile(0.95, _TOKENS, "stage"),
        },
    ),
    Graph(
        "Padding for an article",
        "Tokens that batching wastes, the mean.",
        {
            "{{stage}}": "sum by (stage) (rate(ray_wiki_digest_padding_tokens_total[rate]))"
            f" / {_BATCHED}"
        },
    ),
]
_CACHES: list[Panel] = [
    Graph(
        "Hits",
        "Share of the lookups; an article in progress counts as a hit.",
        {
            "{{cache}}": f'sum by (cache) (rate({_LOOKUPS}{{result="hit"}}[rate]))'
            f" / sum by (cache) (rate({_LOOKUPS}[rate]))"
        },
        "percentunit",
        width=12,
    ),
    Graph(
        "Entries",
        "In all replicas.",
        {"{{cache}}": "sum by (cache) (ray_wiki_digest_cache_entries)"},
        width=12,
    ),
]
_SOURCE: list[Panel] = [
    Graph(
        "Requests to the wiki by status",
        "`429` is its rate limit, `busy` its answer that it lags.",
        {"{{status}}": "sum by (status) (rate(ray_wiki_digest_source_requests_total[rate]))"},
        "reqps",
    ),
    Graph(
        "Retries by status",
        "The status of the request that was repeated.",
        {"{{status}}": "sum by (status) (rate(ray_wiki_digest_source_retries_total[rate]))"},
        "reqps",
    ),
    Graph(
        "Time of a request to the wiki",
        "Each try counts.",
        {"p50": quantile(0.5, _WIKI), "p95": quantile(0.95, _WIKI)},
        "s",
    ),
]
_ARTICLES: list[Panel] = [
    Graph(
        "Length of articles",
        "In characters.",
        {"p50": quantile(0.5, _CHARACTERS), "p95": quantile(0.95, _CHARACTERS)},
    ),
    Graph(
        "Score of the gate",
        "0 is positive, 1 negative. A shift is drift of the articles or of the model.",
        {f"p{share:.0%}"[:-1]: quantile(share, _SCORE) for share in (0.1, 0.5, 0.9)},
    ),
    Graph(
        "Rejected",
        "Share of the new digests.",
        {
            "rejected": "sum(rate(ray_wiki_digest_digests_total"
            '{cached="false",outcome="rejected"}[rate]))'
            ' / sum(rate(ray_wiki_digest_digests_total{cached="false"}[rate]))'
        },
        "percentunit",
    ),
]
ROWS: Rows = {
    "Stages": _STAGES,
    "Batches": _BATCHING,
    "Caches": _CACHES,
    "Source, if it is a wiki": _SOURCE,
    "Articles": _ARTICLES,
}
