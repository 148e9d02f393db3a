"""Settings that a replica reads when it starts: types, bounds, defaults and descriptions.

What Serve changes at run time (replicas, resources, autoscaling) is in `deployments.py`.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, HttpUrl, model_validator

from app.config.api import ApiSettings
from app.config.batching import BatchSettings
from app.config.strict import StrictSettings
from app.config.tracing import TracingSettings

EMBEDDED = "embedded"
"""The name of the bundled models."""

PRESETS: dict[str, dict[str, str]] = {
    EMBEDDED: {},
    "hub": {
        "sentiment": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        "summarizer": "sshleifer/distilbart-cnn-12-6",
        "entities": "dslim/bert-base-NER",
    },
}
"""The default `model` of each stage, by preset; `embedded` where a stage is not listed."""

REVISIONS: dict[str, str] = {
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english": (
        "714eb0fa89d2f80546fda750413ed43d93601a13"
    ),
    "sshleifer/distilbart-cnn-12-6": "a4f8f3ea906ed274767e9906dbaede7531d660ff",
    "dslim/bert-base-NER": "d1a3e8f13f8c3566299d95fcfc9a8d2382a9affc",
}
"""The commit of each model of the presets: the hub's branches can change."""

Language = Annotated[
    str,
    BeforeValidator(lambda value: "no" if value is False else value),  # YAML reads `no` as false
    Field(pattern=r"^[a-z][a-z0-9-]{1,19}$"),
]


class CorpusSettings(StrictSettings):
    """The bundled articles, or a folder of your own; no network."""

    kind: Literal["corpus"] = "corpus"
    """search a folder of plain text files"""
    folder: Path | None = None
    """the folder: one `Title.txt` for each article; default: the bundled articles"""
    max_concurrent: Annotated[int, Field(ge=1, le=64)] = 2
    """concurrent searches in one replica"""
    cache_size: Annotated[int, Field(ge=0, le=100_000)] = 256
    """terms whose article is cached"""
    cache_ttl_s: Annotated[float, Field(gt=0)] = 3600
    """seconds that an article is cached"""


class WikipediaSettings(StrictSettings):
    """Wikipedia, or any other MediaWiki."""

    kind: Literal["wikipedia"]
    """use the `api.php` of a MediaWiki"""
    language: Language = "en"
    """the Wikipedia to use without `api_url`; also the language of texts if the wiki states none"""
    api_url: HttpUrl | None = None
    """`api.php` of the wiki; default: https://LANGUAGE.wikipedia.org/w/api.php"""
    user_agent: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[ -~]+$")] = (
        "wiki-digest/0.1 (set source.user_agent to a way to reach you)"
    )
    """the `User-Agent` header; Wikimedia asks for a name and a contact"""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 5
    """seconds for one request to the wiki"""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """retries after 429, 5xx, maxlag or a broken connection"""
    max_characters: Annotated[int, Field(ge=1_000, le=10_000_000)] = 200_000
    """longer articles are truncated; `complete` is then false"""
    max_concurrent: Annotated[int, Field(ge=1, le=64)] = 8
    """concurrent requests to the wiki from one replica; suggestions have two more"""
    cache_size: Annotated[int, Field(ge=0, le=100_000)] = 256
    """terms whose article is cached"""
    cache_ttl_s: Annotated[float, Field(gt=0)] = 3600
    """seconds that an article is cached"""


SourceSettings = Annotated[CorpusSettings | WikipediaSettings, Field(discriminator="kind")]


class ModelSettings(StrictSettings):
    """The model of a stage, and its batching."""

    model: Annotated[str, Field(min_length=1)] = EMBEDDED
    """`embedded`, a folder, or a hub id; default: the preset's"""
    revision: str | None = None
    """the hub's branch, tag or commit; default: the preset's commit, `main` for another model"""
    languages: tuple[Language, ...] | None = None
    """languages that the model reads (`en`), or `multilingual`; default: those of its card, or
    every language if it has none"""
    batch: BatchSettings = BatchSettings()
    """how requests are put into batches"""


class SentimentSettings(ModelSettings):
    """The gate: rejects articles by their tone."""

    threshold: Annotated[float, Field(ge=-1, le=1)] = 0.23
    """articles above this score (negative minus positive) are rejected; 1 accepts all"""
    fail_open: bool = False
    """accept articles when the gate itself fails, instead of failing the request"""
    unsupported: Literal["accept", "reject"] = "accept"
    """what happens to articles in a language that the model does not read"""


class SummarizerSettings(ModelSettings):
    """The summary of an article."""

    renamed: ClassVar = {"beams": "num_beams"}

    sentences: Annotated[int, Field(ge=1, le=20)] = 3
    """sentences in an extractive summary at most"""
    max_words: Annotated[int, Field(ge=10, le=1000)] = 60
    """words in an extractive summary at most; its first sentence is kept whole"""
    max_tokens: Annotated[int, Field(ge=16, le=1024)] = 142
    """longest summary of a generative model, in tokens"""
    min_tokens: Annotated[int, Field(ge=0, le=512)] = 56
    """shortest summary of a generative model, in tokens"""
    num_beams: Annotated[int, Field(ge=1, le=16)] = 4
    """beams of a generative model"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_tokens > self.max_tokens:
            raise ValueError("min_tokens <= max_tokens must hold")
        return self


class EntitiesSettings(ModelSettings):
    """The names in an article."""

    max_characters: Annotated[int, Field(ge=200, le=1_000_000)] = 20_000
    """characters of the article that are searched for names"""
    window_tokens: Annotated[int, Field(ge=16, le=8192)] = 128
    """tokens in one window; windows end at sentence boundaries"""
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    """maximum number of names in the answer"""
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5
    """names with a lower score are dropped"""


class DigestSettings(StrictSettings):
    """The driver and the API."""

    deadline_s: Annotated[float, Field(gt=0, le=600)] = 30
    """maximum seconds for a request"""
    max_concurrent_batches: Annotated[int, Field(ge=1, le=64)] | None = None
    """with `placement: fused`, batches of all stages that one replica runs at the same time;
    default: no limit but those of the stages. `wiki-digest serve` shares the cores among its
    replicas: on one core, threads that take turns use a fifth more CPU than one"""
    hedge_after_s: Annotated[float, Field(gt=0, le=600)] = 2
    """seconds after which a call to the deployment of a stage is repeated, on another replica if
    there is one, and each time that as long has passed: one repetition for twenty calls, and 64 in
    a row at most; the first result counts"""
    speculative: bool = False
    """begin the branches beside the gate, if no other request runs; in vain if it rejects"""
    cache_size: Annotated[int, Field(ge=0, le=100_000)] = 1024
    """digests in the cache"""
    cache_ttl_s: Annotated[float, Field(gt=0)] = 3600
    """seconds that a digest is cached"""
    max_concurrent: Annotated[int, Field(ge=1, le=10_000)] = 256
    """terms in progress in one replica; more get a 503, and those of one client over its share a
    429 (see docs/api.md)"""


class LoggingSettings(StrictSettings):
    """What the log tells of requests."""

    terms: bool = False
    """write the titles of articles into the log: they tell what was asked for"""


class Settings(StrictSettings):
    """All settings."""

    preset: Literal["embedded", "hub"] = "embedded"
    """the default models of the stages"""
    placement: Literal["distributed", "fused"] = "distributed"
    """one deployment for each stage, or all stages in the replicas of `Digest`; `wiki-digest serve`
    uses `fused` for embedded models, unless this or an option of a stage's deployment is given"""
    metrics: bool = True
    """export [metrics](metrics.md) at the Prometheus ports of Ray"""
    tracing: TracingSettings = TracingSettings()
    """traces by OpenTelemetry"""
    source: SourceSettings = CorpusSettings()
    """where articles come from"""
    sentiment: SentimentSettings = SentimentSettings()
    """the gate"""
    summarizer: SummarizerSettings = SummarizerSettings()
    """the summary"""
    entities: EntitiesSettings = EntitiesSettings()
    """the names"""
    digest: DigestSettings = DigestSettings()
    """the driver and the API"""
    api: ApiSettings = ApiSettings()
    """who uses the API, and where"""
    logging: LoggingSettings = LoggingSettings()
    """what the log tells of requests"""

    @property
    def has_embedded_models(self) -> bool:
        """Whether every stage has the model that comes with the application."""
        models = (one.model for _, one in self if isinstance(one, ModelSettings))
        return all(model == EMBEDDED for model in models)

    @property
    def largest_batch(self) -> int:
        """Articles in the largest batch of a stage."""
        return max(one.batch.max_batch_size for _, one in self if isinstance(one, ModelSettings))

    def stage(self, name: str) -> ModelSettings:
        """The settings of a stage that runs a model, by the stage's name."""
        group: ModelSettings = getattr(self, name)
        return group

    @classmethod
    def completed(cls, given: dict[str, object]) -> dict[str, object]:
        """Insert the preset's models at their commits, and expand `source: wikipedia`."""
        filled = dict(given)
        source = expand_shorthand("source", filled.get("source", {}))
        if isinstance(source, dict):
            filled["source"] = {"kind": "corpus", **source}
        for stage, model in PRESETS.get(str(filled.get("preset", EMBEDDED)), {}).items():
            group = filled.get(stage, {})
            if isinstance(group, dict) and "model" not in group:
                filled[stage] = {"model": model, "revision": REVISIONS[model], **group}
        return filled


def expand_shorthand(key: str, value: object) -> object:
    """Expand `source: wikipedia` to `source: {kind: wikipedia}`; return other values unchanged."""
    return {"kind": value} if key == "source" and isinstance(value, str) else value
