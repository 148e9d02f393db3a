"""Everything that can go wrong, as one tree.

    DigestError
    ├── BadTerm              422  the search term cannot be searched for
    ├── NoArticle            404  no article matches the term
    ├── SourceFailed         502  the source of articles answered with nonsense, or not at all
    │   └── SourceTimeout    504  ... or too late
    ├── StageFailed          502  a stage that the answer cannot do without has failed
    ├── DeadlineExceeded     504  the request's time is up
    └── Overloaded           503  too much is being asked at once; come back in `retry_after_s`

    ConfigError                   a setting is unknown or out of bounds (never reaches HTTP)
    ModelError                    a model cannot be loaded (never reaches HTTP)
    ShellError                    a command cannot go on (never reaches HTTP)

Each carries only positional arguments, because exceptions cross process borders by pickle, which
calls the class again with `args`.
"""

from typing import ClassVar


class DigestError(Exception):
    """The base of what a request can end with; `detail` is a sentence for the person who asked."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "The digest could not be made"

    @property
    def detail(self) -> str:
        """The sentence."""
        return str(self.args[0]) if self.args else self.title


class BadTerm(DigestError):
    """The search term cannot be searched for."""

    status = 422
    title = "The search term is not valid"


class NoArticle(DigestError):
    """No article matches; `suggestions` are titles that come near."""

    status = 404
    title = "No pages found"

    def __init__(self, detail: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(detail, suggestions)
        self.suggestions = suggestions


class SourceFailed(DigestError):
    """The source of articles answered with nonsense, or not at all."""

    status = 502
    title = "The source of articles failed"


class SourceTimeout(SourceFailed):
    """The source of articles did not answer in time."""

    status = 504
    title = "The source of articles was too slow"


class StageFailed(DigestError):
    """The stage named `stage` failed, and the answer cannot do without it."""

    status = 502
    title = "A stage of the digest failed"

    def __init__(self, detail: str, stage: str = "") -> None:
        super().__init__(detail, stage)
        self.stage = stage


class DeadlineExceeded(DigestError):
    """The request's time is up."""

    status = 504
    title = "The digest took too long"


class Overloaded(DigestError):
    """More is being asked than can be answered in time; try again in `retry_after_s` seconds."""

    status = 503
    title = "Too many requests at once"

    def __init__(self, detail: str, retry_after_s: int = 1) -> None:
        super().__init__(detail, retry_after_s)
        self.retry_after_s = retry_after_s


class ConfigError(Exception):
    """A setting is unknown or out of its bounds; the message has one line for each."""


class ModelError(Exception):
    """A model cannot be loaded; the message says which, which file, and what to do offline."""


class ShellError(Exception):
    """A command cannot go on; the message says why, in a sentence."""
