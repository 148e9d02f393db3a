"""All exceptions of `app`, as one tree.

    DigestError                     becomes an HTTP problem with this status:
    ├── KeyNeeded            401    the request has no valid API key
    ├── TooManyTerms         403    the request has more terms than a client's rate ever allows
    ├── BadTerm              422    the search term is not valid
    ├── NoArticle            404    no article matches the term
    ├── SourceFailed         502    the source sent no valid answer
    │   └── SourceTimeout    504    the source timed out
    ├── StageFailed          502    a stage that the answer needs has failed
    ├── DeadlineExceeded     504    the request's deadline has passed
    └── Overloaded           503    too many requests; retry after `retry_after_s`
        └── OverShare        429    too many requests of one client

    StartupError                    becomes a sentence on stderr and exit code 1:
    ├── ConfigError                 a setting is unknown or out of bounds
    ├── ModelError                  a model cannot be loaded
    ├── StartError                  the server did not start
    ├── RayEnded                    a process of Ray has ended beside the server
    └── ShellError                  a command cannot continue
        ├── Unreached               Kubernetes did not answer; a retry may succeed
        └── ServerBusy              the server is overloaded or unreachable; a retry may succeed

    SourceSignal                    caught inside `sources`:
    ├── WikiBusy                    the wiki is overloaded or unreachable; a retry may succeed
    ├── Unreadable                  the body of the wiki's answer cannot be read
    ├── PageMissing                 the wiki has no such page
    └── PageAmbiguous               the page lists the meanings of its title

Give each positional arguments only: exceptions are pickled between processes, and unpickling
calls the class with `args`.
"""

import re
from dataclasses import dataclass
from typing import ClassVar


@dataclass(eq=False, repr=False)
class DigestError(Exception):
    """Ends a request; `detail` is a sentence for the client, by default the title."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "The digest could not be made"
    detail: str = ""

    def __init_subclass__(cls, *, status: int = 0, title: str = "") -> None:
        # Ray derives classes without these arguments.
        cls.status = status or cls.status
        cls.title = title or cls.title

    def __post_init__(self) -> None:
        self.detail = self.detail or self.title


class KeyNeeded(DigestError, status=401, title="A key is needed"):
    """The request has no valid API key."""


class TooManyTerms(DigestError, status=403, title="More terms than the rate allows"):
    """The request has more terms than a client's rate ever allows: a retry is refused, too."""


class BadTerm(DigestError, status=422, title="The search term is not valid"):
    """The search term is not valid."""


@dataclass(eq=False, repr=False)
class NoArticle(DigestError, status=404, title="No pages found"):
    """No article matches; `suggestions` are similar titles."""

    suggestions: tuple[str, ...] = ()


class SourceFailed(DigestError, status=502, title="The source of articles failed"):
    """The source of articles sent no valid answer."""


class SourceTimeout(SourceFailed, status=504, title="The source of articles was too slow"):
    """The source of articles timed out."""


@dataclass(eq=False, repr=False)
class StageFailed(DigestError, status=502, title="A stage of the digest failed"):
    """The stage named `stage` failed, and the answer needs it."""

    stage: str = ""


class DeadlineExceeded(DigestError, status=504, title="The digest took too long"):
    """The request's deadline has passed."""


@dataclass(eq=False, repr=False)
class Overloaded(DigestError, status=503, title="Too many requests at once"):
    """Too many requests; retry after `retry_after_s` seconds."""

    retry_after_s: int = 1


REFUSED_CLIENT = "X-Refused-Client"
"""The header that names to HAProxy a client over its share or rate, or who sent a long body that
is invalid; HAProxy takes it out."""
CACHED_ONLY = "X-Cached-Only"
"""The header of a GET that HAProxy passes on although it refuses the client: a cached answer may be
given, and no other. HAProxy takes out what a client sends by this name."""


class OverShare(Overloaded, status=429, title="Too many requests of one client"):
    """The client has more than its share of requests in progress."""


class StartupError(Exception):
    """Ends a command or the start of a server; the message is shown to the user."""


class ConfigError(StartupError):
    """A setting is unknown or out of bounds; the message has one line for each."""


class ModelError(StartupError):
    """A model cannot be loaded; the message names the model, the file, and what to do offline."""


class StartError(StartupError):
    """The server did not start; the message says why."""


class RayEnded(StartupError):
    """A process of Ray has ended beside the server, which cannot go on without it."""


class ShellError(StartupError):
    """A command cannot continue; the message says why."""


class Unreached(ShellError):
    """Kubernetes did not answer; it may at the next try."""


@dataclass(eq=False, repr=False)
class ServerBusy(ShellError):
    """The server is overloaded or unreachable: the members of its problem, and `Retry-After`."""

    detail: str
    title: str
    status: int
    kind: str
    retry_after_s: float = 0


class SourceSignal(Exception):
    """Raised and caught inside `sources`."""


@dataclass(eq=False, repr=False)
class WikiBusy(SourceSignal):
    """The wiki is overloaded or unreachable; a retry may succeed. `answered` is for metrics."""

    detail: str
    retry_after_s: float = 0
    answered: str = ""


class Unreadable(SourceSignal):
    """The body of an answer cannot be read; the message says what the wiki has answered with."""


class PageMissing(SourceSignal):
    """The wiki has no such page."""


@dataclass(eq=False, repr=False)
class PageAmbiguous(SourceSignal):
    """The page lists the meanings of its title."""

    title: str
    options: tuple[str, ...]


def kind(error: type[DigestError]) -> str:
    """The name of a kind of error in problems and metrics: `no-article` for `NoArticle`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def startup_error_in(message: str) -> str:
    """The message of the first error of the app in a traceback of Ray's; all of it if none."""
    found = re.search(r"app\.core\.errors\.(?:Model|Config|Start)Error: (.+)", message)
    return found.group(1) if found else message
