"""The part of MediaWiki's `action=query` that the source uses, over a few pages."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

REDIRECT = re.compile(r"#REDIRECT \[\[([^]|#]+)")
LINK = re.compile(r"\[\[(?:([^]|]+)\|)?([^]]+)\]\]")
RIGHTS = {"text": "CC0 1.0", "url": "//creativecommons.org/publicdomain/zero/1.0/"}
TEXTS = {
    "Ada Lovelace": "Ada Lovelace wrote the first program.\n\n== Life ==\nShe lived in London.",
    "Countess of Lovelace": "#REDIRECT [[Ada Lovelace]]",
    "Simón Bolívar": "Simón Bolívar was a soldier from Caracas.",
    "Mercury": (
        "'''Mercury''' may refer to:\n* the [[Hg|Mercury metal]], liquid\n* [[Mercury (planet)]]"
    ),
    "Mercury (planet)": "Mercury is a planet.",
}


@dataclass
class TinyWiki:
    """Pages by title, in wikitext.

    `disambiguator`: the extension Disambiguator is installed and marks the pages in `ambiguous`.
    `titles_only`: the search covers texts only with `srwhat=text`. `gone`: deleted pages that the
    search still finds. `spelling`: the suggestion if the search finds nothing. `extracts`:
    TextExtracts is installed. `lang`: the language that it states.
    """

    texts: dict[str, str] = field(default_factory=lambda: dict(TEXTS))
    rights: dict[str, str] = field(default_factory=lambda: dict(RIGHTS))
    ambiguous: frozenset[str] = frozenset({"Mercury"})
    disambiguator: bool = True
    titles_only: bool = False
    gone: frozenset[str] = frozenset()
    spelling: str | None = None
    extracts: bool = True
    lang: str | None = None

    def answer(self, params: dict[str, str]) -> dict[str, Any]:
        if "list" in params:
            return {"query": getattr(self, params["list"])(params)}
        if "meta" in params:
            general = {"sitename": "Tiny"} | ({"lang": self.lang} if self.lang else {})
            return {"query": {"general": general, "rightsinfo": self.rights}}
        return {"query": self._pages(params)}

    def search(self, params: dict[str, str]) -> dict[str, Any]:
        """Titles of pages with every word in the title, or in the text if texts are searched."""
        words = params["srsearch"].casefold().split()
        deep = not self.titles_only or params.get("srwhat") == "text"
        places = {t: f"{t} {x if deep else ''}".casefold() for t, x in self.texts.items()}
        found = [t for t, place in places.items() if all(word in place for word in words)]
        found.sort(key=lambda title: title.casefold() != params["srsearch"].casefold())
        hits = [{"ns": 0, "title": title} for title in found[: int(params["srlimit"])]]
        return {"search": hits} | (
            {"searchinfo": {"suggestion": self.spelling}} if self.spelling and not found else {}
        )

    def prefixsearch(self, params: dict[str, str]) -> dict[str, Any]:
        start, limit = params["pssearch"].casefold(), int(params["pslimit"])
        found = [t for t in self.texts if t.casefold().startswith(start)]
        return {"prefixsearch": [{"ns": 0, "title": title} for title in found[:limit]]}

    def random(self, params: dict[str, str]) -> dict[str, Any]:
        titles = list(self.texts)[: int(params["rnlimit"])]
        return {"random": [{"id": n, "ns": 0, "title": title} for n, title in enumerate(titles)]}

    def _pages(self, params: dict[str, str]) -> dict[str, Any]:
        title = params.get("titles") or list(self.texts)[int(params["pageids"]) - 1]
        if ":" in title:
            return {"interwiki": [{"title": title, "iw": title.split(":")[0]}]}
        redirects = []
        while "redirects" in params and (to := REDIRECT.match(self.texts.get(title, ""))):
            redirects.append({"from": title, "to": to[1]})
            title = to[1]
        if title not in self.texts or title in self.gone:
            return {"pages": {"-1": {"title": title, "missing": ""}}}
        number = list(self.texts).index(title) + 1
        pages = {"pages": {str(number): self._page(title, number, params)}}
        return {**pages, **({"redirects": redirects} if redirects else {})}

    def _page(self, title: str, number: int, params: dict[str, str]) -> dict[str, Any]:
        text, page = self.texts[title], {"pageid": number, "ns": 0, "title": title}
        props = params["prop"].split("|")
        if "info" in props:
            page["fullurl"] = f"https://tiny.test/wiki/{title.replace(' ', '_')}"
        if "pageprops" in props and self.disambiguator and title in self.ambiguous:
            page["pageprops"] = {"disambiguation": ""}
        if "templates" in props and "{{disambiguation}}" in text:
            page["templates"] = [{"ns": 10, "title": "Template:Disambiguation"}]
        if "extracts" in props and self.extracts:
            page["extract"] = _plain(text)
        if "revisions" in props:
            page["revisions"] = [self._revision(number, text, params)]
        return page

    def _revision(self, number: int, text: str, params: dict[str, str]) -> dict[str, Any]:
        if "content" not in params["rvprop"]:
            return {"revid": 100 + number, "parentid": 0}
        if "rvparse" in params:
            return {"*": _html(text)}
        return {"slots": {"main": {"*": text}}} if "rvslots" in params else {"*": text}


def _plain(text: str) -> str:
    """A page as TextExtracts returns it: list items without stars, unknown templates kept."""
    shown = LINK.sub(r"\2", text.replace("'''", "")).replace("{{disambiguation}}", "")
    return shown.replace("\n* ", "\n").strip()


def _html(text: str) -> str:
    items = (LINK.sub(r"<a>\2</a>", html.escape(line)) for line in text.split("\n* ")[1:])
    return "".join(f"<li>{item}</li>" for item in items)
