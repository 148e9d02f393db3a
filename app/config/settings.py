"""Every knob that a replica is born with: its type, its bounds, its default, and why.

What Serve can change while it runs (replicas, resources, autoscaling) is in `app/deployments.py`.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, HttpUrl, model_validator

from app.config.strict import StrictSettings

EMBEDDED = "embedded"
"""The name of the models that come with the project."""

PRESETS: dict[str, dict[str, str]] = {
    EMBEDDED: {"sentiment": EMBEDDED, "summarizer": EMBEDDED, "entities": EMBEDDED},
    "hub": {
        "sentiment": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        "summarizer": "sshleifer/distilbart-cnn-12-6",
        "entities": "dslim/bert-base-NER",
    },
}
"""Which model each stage takes where its own `model` is not given."""


BatchSize = Annotated[int, Field(ge=1, le=256)]
BatchWait = Annotated[float, Field(ge=0, le=10)]


Language = Annotated[
    str,
    BeforeValidator(lambda given: "no" if given is False else given),  # YAML's Norway
    Field(pattern=r"^[a-z][a-z0-9-]{1,19}$"),
]


class BatchSettings(StrictSettings):
    """How single requests become batches."""

    renamed: ClassVar = {
        "size": "max_batch_size",
        "wait_s": "batch_wait_timeout_s",
        "tokens": "max_batch_tokens",
    }

    max_batch_size: BatchSize = 10
    """articles in one batch at most"""
    batch_wait_timeout_s: BatchWait = 0.01
    """seconds that the first article of a batch waits for others"""
    max_batch_tokens: Annotated[int, Field(ge=64, le=1_000_000)] | None = None
    """tokens in one forward pass at most, padding included; a batch is cut by length to fit;
    without it, 1,024 on a CPU and 8,192 on a GPU"""

    def budget(self, device: str) -> int:
        """Tokens in one forward pass on `device`, as torch names it."""
        return self.max_batch_tokens or (1024 if device == "cpu" else 8192)


class CorpusSettings(StrictSettings):
    """The articles that come with the project, or a folder of your own; no network."""

    kind: Literal["corpus"] = "corpus"
    """search a folder of plain text files"""
    folder: Path | None = None
    """the folder: one `Title.txt` an article; without it, the articles that come along"""
    max_concurrent: Annotated[int, Field(ge=1, le=64)] = 2
    """searches at the same time in one replica"""
    cache_size: Annotated[int, Field(ge=0, le=100_000)] = 256
    """terms whose article is remembered"""
    cache_ttl_s: Annotated[float, Field(gt=0)] = 3600
    """seconds that it is remembered"""


class WikipediaSettings(StrictSettings):
    """Wikipedia, or any other MediaWiki."""

    kind: Literal["wikipedia"]
    """ask a MediaWiki's `api.php`"""
    language: Language = "en"
    """which Wikipedia, where no `api_url` is given; and the language that sentences are cut by"""
    api_url: HttpUrl | None = None
    """another wiki's `api.php`; without it, https://LANGUAGE.wikipedia.org/w/api.php"""
    user_agent: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[ -~]+$")] = (
        "wiki-digest/0.1 (set source.user_agent to a way to reach you)"
    )
    """who is asking; Wikimedia wants a name and a way to reach you"""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 5
    """seconds that one answer of the wiki may take"""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """further tries after 429, 5xx, maxlag or a cut connection"""
    max_characters: Annotated[int, Field(ge=1_000, le=10_000_000)] = 200_000
    """longest article that is taken whole; a longer one is cut there, and the answer says so"""
    max_concurrent: Annotated[int, Field(ge=1, le=64)] = 8
    """requests to the wiki at the same time from one replica"""
    cache_size: Annotated[int, Field(ge=0, le=100_000)] = 256
    """terms whose article is remembered"""
    cache_ttl_s: Annotated[float, Field(gt=0)] = 3600
    """seconds that it is remembered"""


SourceSettings = Annotated[CorpusSettings | WikipediaSettings, Field(discriminator="kind")]


class ModelSettings(StrictSettings):
    """Which model a stage runs, and how it is fed."""

    model: Annotated[str, Field(min_length=1)] = EMBEDDED
    """`embedded`, a folder, or a hub id; without it, what the preset names"""
    revision: str | None = None
    """the hub's branch, tag or commit"""
    batch: BatchSettings = BatchSettings()
    """how requests are put together"""


class SentimentSettings(ModelSettings):
    """The gate: how an article sounds."""

    threshold: Annotated[float, Field(ge=-1, le=1)] = 0.2
    """above this score (negative less positive) an article is rejected; 1 lets everything pass"""
    fail_open: bool = False
    """let articles pass when the gate itself fails, instead of failing the request"""


class SummarizerSettings(ModelSettings):
    """A few sentences for an article."""

    renamed: ClassVar = {"beams": "num_beams"}

    sentences: Annotated[int, Field(ge=1, le=20)] = 3
    """sentences that the extractive summarizer chooses"""
    max_tokens: Annotated[int, Field(ge=16, le=1024)] = 142
    """longest summary of a generating model"""
    min_tokens: Annotated[int, Field(ge=0, le=512)] = 56
    """shortest summary of a generating model"""
    num_beams: Annotated[int, Field(ge=1, le=16)] = 4
    """beams of a generating model"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_tokens > self.max_tokens:
            raise ValueError("min_tokens <= max_tokens must hold")
        return self


class EntitiesSettings(ModelSettings):
    """The names in an article."""

    max_characters: Annotated[int, Field(ge=200, le=1_000_000)] = 20_000
    """how far into the article names are looked for"""
    window_tokens: Annotated[int, Field(ge=16, le=8192)] = 128
    """tokens in one window; windows end where sentences end"""
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    """names in the answer at most"""
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5
    """names that the model is less sure of are left out"""


class DigestSettings(StrictSettings):
    """The driver and the API."""

    deadline_s: Annotated[float, Field(gt=0, le=600)] = 30
    """seconds that a request may take, whatever the client asks for"""
    cache_size: Annotated[int, Field(ge=0, le=100_000)] = 1024
    """finished digests that are kept"""
    cache_ttl_s: Annotated[float, Field(gt=0)] = 3600
    """seconds that they are kept"""
    max_concurrent: Annotated[int, Field(ge=1, le=10_000)] = 256
    """digests that one replica works on at once; more are refused with 503"""


class Settings(StrictSettings):
    """All of it."""

    preset: Literal["embedded", "hub"] = "embedded"
    """which models the stages take where nothing else is said"""
    placement: Literal["distributed", "fused"] = "distributed"
    """a deployment for each stage, or all stages inside the replicas of `Digest`"""
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

    def stage(self, name: str) -> ModelSettings:
        """The settings of a stage that runs a model, by the stage's name."""
        group: ModelSettings = getattr(self, name)
        return group

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: object) -> object:
        """Name the preset's models, and read `source: wikipedia` as `source: {kind: wikipedia}`."""
        if not isinstance(data, dict):
            return data
        filled = dict(data)
        source = expand_shorthand("source", filled.get("source", {}))
        if isinstance(source, dict):
            filled["source"] = {"kind": "corpus", **source}
        for stage, model in PRESETS.get(str(filled.get("preset", EMBEDDED)), {}).items():
            given = filled.get(stage, {})
            if isinstance(given, dict):
                filled[stage] = {"model": model, **given}
        return filled


def expand_shorthand(key: str, value: object) -> object:
    """`source: wikipedia` as `source: {kind: wikipedia}`; all else as it is."""
    return {"kind": value} if key == "source" and isinstance(value, str) else value
