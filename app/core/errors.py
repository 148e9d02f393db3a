"""All exceptions of `app`, as one tree.

    DigestError                     becomes an HTTP problem with this status:
    ├── BadTerm              422    the search term is not valid
    ├── NoArticle            404    no article matches the term
    ├── SourceFailed         502    the source sent no valid answer
    │   └── SourceTimeout    504    the source timed out
    ├── StageFailed          502    a stage that the answer needs has failed
    ├── DeadlineExceeded     504    the request's deadline has passed
    └── Overloaded           503    too many requests; retry after `retry_after_s`

    StartupError                    becomes a sentence on stderr and exit code 1:
    ├── ConfigError                 a setting is unknown or out of bounds
    ├── ModelError                  a model cannot be loaded
    ├── StartError                  the server did not start
    └── ShellError                  a command cannot continue
        └── ServerBusy              the server is overloaded or unreachable; a retry may succeed

    SourceSignal                    caught inside `sources`:
    ├── WikiBusy                    the wiki is overloaded or unreachable; a retry may succeed
    ├── PageMissing                 the wiki has no such page
    └── PageAmbiguous               the page lists the meanings of its title

Each takes positional arguments only: exceptions are pickled between processes, and unpickling
calls the class with `args`.
"""

import re
from typing import ClassVar


class DigestError(Exception):
    """Ends a request; `detail` is a sentence for the client."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "The digest could not be made"

    @property
    def detail(self) -> str:
        """The sentence."""
        return str(self.args[0]) if self.args else self.title


class BadTerm(DigestError):
    """The search term is not valid."""

    status = 422
    title = "The search term is not valid"


class NoArticle(DigestError):
    """No article matches; `suggestions` are similar titles."""

    status = 404
    title = "No pages found"

    def __init__(self, detail: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(detail, suggestions)
        self.suggestions = suggestions


class SourceFailed(DigestError):
    """The source of articles sent no valid answer."""

    status = 502
    title = "The source of articles failed"


class SourceTimeout(SourceFailed):
    """The source of articles timed out."""

    status = 504
    title = "The source of articles was too slow"


class StageFailed(DigestError):
    """The stage named `stage` failed, and the answer needs it."""

    status = 502
    title = "A stage of the digest failed"

    def __init__(self, detail: str, stage: str = "") -> None:
        super().__init__(detail, stage)
        self.stage = stage


class DeadlineExceeded(DigestError):
    """The request's deadline has passed."""

    status = 504
    title = "The digest took too long"


class Overloaded(DigestError):
    """Too many requests; retry after `retry_after_s` seconds."""

    status = 503
    title = "Too many requests at once"

    def __init__(self, detail: str, retry_after_s: int = 1) -> None:
        super().__init__(detail, retry_after_s)
        self.retry_after_s = retry_after_s


class StartupError(Exception):
    """Ends a command or the start of a server; the message is shown to the user."""


class ConfigError(StartupError):
    """A setting is unknown or out of bounds; the message has one line for each."""


class ModelError(StartupError):
    """A model cannot be loaded; the message names the model, the file, and what to do offline."""


class StartError(StartupError):
    """The server did not start; the message says why."""


class ShellError(StartupError):
    """A command cannot continue; the message says why."""


class ServerBusy(ShellError):
    """The server is overloaded or unreachable: the members of its problem, and `Retry-After`."""

    def __init__(
        self, detail: str, title: str, status: int, kind: str, retry_after_s: float = 0
    ) -> None:
        super().__init__(detail, title, status, kind, retry_after_s)
        self.detail = detail
        self.title = title
        self.status = status
        self.kind = kind
        self.retry_after_s = retry_after_s


class SourceSignal(Exception):
    """Raised and caught inside `sources`."""


class WikiBusy(SourceSignal):
    """The wiki is overloaded or unreachable; a retry may succeed."""

    def __init__(self, detail: str, retry_after_s: float = 0) -> None:
        super().__init__(detail, retry_after_s)
        self.detail = detail
        self.retry_after_s = retry_after_s


class PageMissing(SourceSignal):
    """The wiki has no such page."""


class PageAmbiguous(SourceSignal):
    """The page lists the meanings of its title."""

    def __init__(self, title: str, options: tuple[str, ...]) -> None:
        super().__init__(title, options)
        self.title = title
        self.options = options


def startup_error_in(message: str) -> str:
    """The message of the first config or model error in a traceback of Ray's; all of it if none."""
    found = re.search(r"app\.core\.errors\.(?:Model|Config)Error: (.+)", message)
    return found.group(1) if found else message
