"""A MediaWiki with good pages, and with hostile ones: `python -m tests.hostile.wiki HOST FOLDER`.

The files of FOLDER are its good pages. A title `KIND SIZE ...`, as `asterisks 200000 1`, is a
hostile page of this kind; each has a title of its own, so no cache helps. It prints its address,
and serves until stdin ends.
"""

import json
import sys
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from tests.support.faulty_wiki import CUT, DRIPPING, SLOW, Fault, FaultyWiki, answer_with
from tests.support.tiny_wiki import TinyWiki

_GZIP = 16 + zlib.MAX_WBITS
_KB = b" " * 1_000
_packing = Lock()

Answer = Callable[[str, int], Fault]
"""The answer to the first request about a hostile page, and to most others, by title and size."""


def _page(title: str, **said: object) -> Fault:
    """A page as MediaWiki describes it, with what is said of it besides."""
    page = {"pageid": 1, "ns": 0, "title": title, "fullurl": "https://tiny.test/wiki/Evil"}
    return answer_with({"pages": {"1": page | {"revisions": [{"revid": 1, "parentid": 0}]} | said}})


def _is_odd(title: str) -> bool:
    return title[-1] in "13579"


def _asterisks(title: str, size: int) -> Fault:
    """In the wikitext of a list of meanings, or in the text of an article."""
    stars = "*" * size
    if _is_odd(title):
        return _page(title, extract=f"Stars are signs.\n{stars}")
    revisions = [{"slots": {"main": {"*": stars}}}]
    return _page(title, pageprops={"disambiguation": ""}, revisions=revisions)


def _unclosed_tags(_title: str, size: int) -> Fault:
    return _html("<div><b x=", size)


def _entities(title: str, size: int) -> Fault:
    return _html("&amp" if _is_odd(title) else "&#1;&lt", size)


def _html(unit: str, size: int) -> Fault:
    text = (unit * (size // len(unit) + 1))[:size]
    return Fault(json.dumps({"parse": {"text": {"*": text}}}).encode())


def _many_values(_title: str, size: int) -> Fault:
    return Fault(b'{"query": [' + b"[[[]]]," * (size // 7) + b"1]}")


def _bomb(_title: str, size: int) -> Fault:
    """So many kB once unpacked."""
    with _packing:
        return Fault(_packed(size), headers={"Content-Encoding": "gzip"})


@lru_cache
def _packed(size: int) -> bytes:
    packer = zlib.compressobj(wbits=_GZIP)
    start = packer.compress(b'{"query": "')
    return start + b"".join(packer.compress(_KB) for _ in range(size)) + packer.flush()


def _lie(title: str, size: int) -> Fault:
    """A wrong Content-Length: more than is sent before the end, less, or far more than comes."""
    body = b'{"query": {"pages": {}}}'.ljust(size)
    return (CUT, Fault(body, promised=10), DRIPPING)[sum(title.encode()) % 3]


def _redirect(title: str, _size: int) -> Fault:
    """In HTTP, or in the wiki: always to itself."""
    if _is_odd(title):
        return Fault(b"", 302, {"Location": "api.php"})
    return answer_with({"redirects": [{"from": title, "to": title}]})


def _silence(_title: str, _size: int) -> Fault:
    return SLOW


HOSTILE: Mapping[str, Answer] = MappingProxyType(
    {
        "asterisks": _asterisks,
        "unclosed tags": _unclosed_tags,
        "entities": _entities,
        "many values": _many_values,
        "gzip bomb": _bomb,
        "lies": _lie,
        "redirects": _redirect,
        "silence": _silence,
    }
)


class HostileWiki(FaultyWiki):
    """Answers requests about hostile pages by `HOSTILE`, and all others correctly."""

    def fault(self, params: dict[str, str]) -> Fault | None:
        """The hostile answer, if the request is about a hostile page."""
        self.requests.clear()
        title = params.get("srsearch") or params.get("titles") or params.get("page") or ""
        kind = next((kind for kind in HOSTILE if title.startswith(kind)), None)
        if kind is None:
            return super().fault(params)
        if "srsearch" in params:
            return answer_with({"search": [{"ns": 0, "title": title}]})
        answer = HOSTILE[kind](title, int(title.removeprefix(kind).split()[0]))
        is_html = answer.body.startswith(b'{"parse"')
        return _page(title) if is_html and "page" not in params else answer


def main(host: str, folder: str) -> None:
    """Serve until stdin ends."""
    texts = {path.stem: path.read_text("utf-8") for path in Path(folder).glob("*.txt")}
    with HostileWiki(TinyWiki(texts), host=host) as wiki:
        print(wiki.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
