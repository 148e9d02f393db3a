"""The table of metrics, from which docs/metrics.md is generated.

No label holds a term, a title or an address of a client.
"""

from http import HTTPStatus
from typing import Final

from app.config.settings import ModelSettings, Settings
from app.core.errors import DigestError, NoArticle, kind
from app.core.values import Status
from app.metrics.kinds import Counter, Gauge, Histogram, Label, Metric

ANSWERED: Final = tuple(Status)
"""The outcomes of a request that got a digest."""
_SERVER_ERROR: Final = HTTPStatus.INTERNAL_SERVER_ERROR
OTHER: Final = "other"
CANCELLED: Final = "cancelled"
INVALID: Final = "invalid-request"
CLIENT_ERROR: Final = "client-error"
INTERNAL: Final = "internal"


def _subclasses(base: type[DigestError]) -> list[type[DigestError]]:
    return [one for sub in base.__subclasses__() for one in (sub, *_subclasses(sub))]


_SUBCLASSES: Final = _subclasses(DigestError)
_ERRORS: Final = tuple(kind(one) for one in _SUBCLASSES)
KEPT: Final = (*ANSWERED, kind(NoArticle))
"""The outcomes of requests that a release has served as it should."""
FAILED: Final = (*(kind(one) for one in _SUBCLASSES if one.status >= _SERVER_ERROR), INTERNAL)
"""The outcomes of requests that failed by its fault. Others are errors of clients."""
_MODELS: Final = tuple(
    name for name, one in Settings() if isinstance(one, ModelSettings)
)  # the stages that run a model
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

ROUTE: Final = Label(
    "route",
    "the route; `/web` for all files of the page, `other` for unknown paths",
    (
        "/",
        "/v1/digest",
        "/v1/digest/stream",
        "/v1/digests",
        "/v1/suggestions",
        "/v1/models",
        "/v1/status",
        "/docs",
        "/openapi.json",
        "/web",
        OTHER,
    ),
)
OUTCOME: Final = Label(
    "outcome",
    "the status of the digest, or the type of the problem; of a POST, of its worst term. "
    "`client-error` is any other 4xx, `internal` a 500, `cancelled` a client that went away",
    (*ANSWERED, *_ERRORS, INVALID, CLIENT_ERROR, INTERNAL, CANCELLED),
)
STATUS: Final = Label("outcome", "the status of the digest", ANSWERED)
CACHED: Final = Label("cached", "whether every part came from the cache", ("true", "false"))
STAGE: Final = Label("stage", "the stage", ("source", *_MODELS))
MODEL_STAGE: Final = Label("stage", "the stage", _MODELS)
DIED: Final = "died"
SLOW: Final = "slow"
REPEATED: Final = Label(
    "reason",
    "the replica `died`, or was `slow`: `digest.hedge_after_s`",
    (DIED, SLOW),
)
CACHE: Final = Label(
    "cache",
    "what it holds; `rendered`: digests as bytes",
    ("articles", "tones", "results", "rendered", "titles"),
)
ANSWER: Final = Label(
    "status",
    "the status of the wiki's answer; `busy` is a 200 that says so, `failed` any other failure",
    ("2xx", "3xx", "4xx", "429", "5xx", "busy", "timeout", "unreachable", "failed"),
)


def status_label(status: int) -> str:
    """The value of `ANSWER` for an HTTP status."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return str(status)
    return f"{status // 100}xx" if HTTPStatus.OK <= status <= 599 else "failed"  # noqa: PLR2004


REQUESTS: Final = Counter(
    "wiki_digest_requests_total",
    "requests",
    "Requests by route and outcome.",
    (ROUTE, OUTCOME, CACHED),
)
REQUEST_SECONDS: Final = Histogram(
    "wiki_digest_request_duration_seconds",
    "seconds",
    "Time until the last byte, of requests with a digest (or another answer without a problem) "
    "that did not come from the cache.",
    (ROUTE,),
    buckets=_SECONDS,
)
DIGESTS: Final = Counter(
    "wiki_digest_digests_total",
    "digests",
    "Digests in answers; a POST has one for each of its terms.",
    (STATUS, CACHED),
)
MISSING: Final = Counter(
    "wiki_digest_missing_stages_total",
    "results",
    "Results that digests lack: why they are degraded.",
    (
        MODEL_STAGE,
        Label("reason", "it does not read the language, or it failed", ("declined", "failed")),
    ),
)
REFUSED: Final = Counter(
    "wiki_digest_refused_total",
    "requests",
    "Requests that admission refused, and calls that found the queue of a stage full.",
    (
        Label(
            "reason",
            "`busy`: all slots are taken; `share`, `rate`: the client has more than its own; "
            "`queue`: of a stage",
            ("busy", "share", "rate", "queue"),
        ),
    ),
)
IN_PROGRESS: Final = Gauge(
    "wiki_digest_terms_in_progress", "terms", "Terms in progress in the replica."
)
LIMIT: Final = Gauge(
    "wiki_digest_terms_limit", "terms", "Terms in progress at most (`digest.max_concurrent`)."
)
QUEUE_SECONDS: Final = Histogram(
    "wiki_digest_stage_queue_seconds",
    "seconds",
    "Time that an article waits for its batch; in `source`, a search for a thread.",
    (STAGE,),
    buckets=(0.001, *_SECONDS),
)
COMPUTE_SECONDS: Final = Histogram(
    "wiki_digest_stage_compute_seconds",
    "seconds",
    "Time of a batch in its stage; in `source`, of a search.",
    (STAGE,),
    buckets=(0.001, *_SECONDS),
)
STAGE_ARTICLES: Final = Gauge(
    "wiki_digest_stage_articles_in_progress",
    "articles",
    "Articles that wait or run in a stage of the replica; in `source`, searches.",
    (STAGE,),
)
FAILURES: Final = Counter(
    "wiki_digest_stage_failures_total", "articles", "Articles on which a stage failed.", (STAGE,)
)
RETRIES: Final = Counter(
    "wiki_digest_stage_retries_total",
    "calls",
    "Calls to a stage that were repeated, on another replica if there is one.",
    (MODEL_STAGE, REPEATED),
)
BATCH_ARTICLES: Final = Histogram(
    "wiki_digest_batch_articles",
    "articles",
    "Articles in a batch.",
    (MODEL_STAGE,),
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
BATCH_TOKENS: Final = Histogram(
    "wiki_digest_batch_tokens",
    "tokens",
    "Tokens that a batch gave to its model, padding included.",
    (MODEL_STAGE,),
    buckets=(64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768),
)
PADDING: Final = Counter(
    "wiki_digest_padding_tokens_total",
    "tokens",
    "Tokens of padding: what batching costs.",
    (MODEL_STAGE,),
)
LOOKUPS: Final = Counter(
    "wiki_digest_cache_lookups_total",
    "lookups",
    "Lookups in the caches of the replica.",
    (CACHE, Label("result", "whether it was there, or in progress", ("hit", "miss"))),
)
ENTRIES: Final = Gauge(
    "wiki_digest_cache_entries", "entries", "Entries that a cache of the replica holds.", (CACHE,)
)
SOURCE_REQUESTS: Final = Counter(
    "wiki_digest_source_requests_total", "requests", "Requests to the wiki.", (ANSWER,)
)
SOURCE_RETRIES: Final = Counter(
    "wiki_digest_source_retries_total",
    "requests",
    "Requests to the wiki that were repeated, by the status before.",
    (ANSWER,),
)
SOURCE_SECONDS: Final = Histogram(
    "wiki_digest_source_request_duration_seconds",
    "seconds",
    "Time of one request to the wiki.",
    buckets=_SECONDS,
)
ARTICLE_CHARACTERS: Final = Histogram(
    "wiki_digest_article_characters",
    "characters",
    "Length of the articles that the source found.",
    buckets=(500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 200_000),
)
GATE_SCORE: Final = Histogram(
    "wiki_digest_gate_score_ratio",
    "ratio",
    "Score of the gate, (score + 1) / 2: 0 is positive, 1 is negative. A shift of its buckets is "
    "drift of the articles or of the model.",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 1.0),
)
LOAD_SECONDS: Final = Gauge(
    "wiki_digest_model_load_seconds",
    "seconds",
    "Time that the model of a stage took to load.",
    (MODEL_STAGE,),
)
BUILD: Final = Gauge(
    "wiki_digest_build_info", "info", "Always 1.", (Label("version", "of wiki-digest"),)
)

METRICS: Final[tuple[Metric, ...]] = tuple(
    one for one in tuple(globals().values()) if isinstance(one, Metric)
)
"""All of them, in this order."""
