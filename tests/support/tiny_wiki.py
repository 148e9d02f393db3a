"""The part of MediaWiki's `api.php` that the source uses, over a few pages."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

REDIRECT = re.compile(r"#REDIRECT \[\[([^]|#]+)")
REDIRECT_LINE = re.compile(r"\A#REDIRECT .*\n?")
HEADING = re.compile(r"<p>== (.*) ==</p>")
TEMPLATE = re.compile(r"\{\{([^{}|]+)\}\}")
NAMESPACES = {0: "", 1: "Talk", 2: "User", 6: "File", 10: "Template", 14: "Category"}
OTHER_WIKIS = ("wikt", "de")
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
    TextExtracts is installed. `aliases`: further names of namespaces, by number. `listing`: the
    templates that MediaWiki:Disambiguationspage names. `lang`: the language that it states.
    """

    texts: dict[str, str] = field(default_factory=lambda: dict(TEXTS))
    rights: dict[str, str] = field(default_factory=lambda: dict(RIGHTS))
    ambiguous: frozenset[str] = frozenset({"Mercury"})
    disambiguator: bool = True
    titles_only: bool = False
    gone: frozenset[str] = frozenset()
    spelling: str | None = None
    extracts: bool = True
    aliases: dict[int, str] = field(default_factory=dict)
    listing: tuple[str, ...] = ()
    lang: str | None = None

    def answer(self, params: dict[str, str]) -> dict[str, Any]:
        if params.get("action") == "parse":
            return {"parse": {"text": {"*": _page_html(self.texts[params["page"]])}}}
        if "list" in params:
            return {"query": getattr(self, params["list"])(params)}
        if "meta" in params:
            return {"query": self._site()}
        return {"query": self._pages(params)}

    def _site(self) -> dict[str, Any]:
        names = {n: {"id": n, "canonical": name, "*": name} for n, name in NAMESPACES.items()}
        return {
            "general": {"sitename": "Tiny"} | ({"lang": self.lang} if self.lang else {}),
            "rightsinfo": self.rights,
            "namespaces": {str(number): names[number] for number in names},
            "namespacealiases": [{"id": n, "*": alias} for n, alias in self.aliases.items()],
            "interwikimap": [{"prefix": prefix} for prefix in OTHER_WIKIS],
            "pages": {"-1": {"links": [{"ns": 10, "title": title} for title in self.listing]}},
        }

    def search(self, params: dict[str, str]) -> dict[str, Any]:
        """Titles of pages with every word in the title, or in the text if texts are searched.

        As in MediaWiki, a namespace before the words replaces `srnamespace`.
        """
        term = params["srsearch"].casefold()
        if params.get("srwhat") == "nearmatch":
            names = (term.replace("_", " "), term.strip('"'))
            found = [t for t in self.texts if t.casefold() in names]
            return {"search": [{"ns": namespace(title), "title": title} for title in found]}
        deep = not self.titles_only or params.get("srwhat") == "text"
        places = {t: f"{t} {x if deep else ''}".casefold() for t, x in self.texts.items()}
        found = [t for t, place in places.items() if all(word in place for word in term.split())]
        found.sort(key=lambda title: title.casefold() != term)
        hits = [{"ns": namespace(title), "title": title} for title in found]
        return {"search": hits[: int(params["srlimit"])]} | (
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
        if title.partition(":")[0] in OTHER_WIKIS:
            return {"interwiki": [{"title": title, "iw": title.split(":")[0]}]}
        redirects: list[dict[str, str]] = []
        while "redirects" in params and (to := REDIRECT.match(self.texts.get(title, ""))):
            redirects.append({"from": title, "to": to[1]})
            title = to[1]
            if any(title == redirect["from"] for redirect in redirects):  # MediaWiki gives up
                return {"redirects": redirects}
        if title not in self.texts or title in self.gone:
            return {"pages": {"-1": {"title": title, "missing": ""}}}
        number = list(self.texts).index(title) + 1
        pages = {"pages": {str(number): self._page(title, number, params)}}
        return {**pages, **({"redirects": redirects} if redirects else {})}

    def _page(self, title: str, number: int, params: dict[str, str]) -> dict[str, Any]:
        text, page = self.texts[title], {"pageid": number, "title": title}
        page["ns"] = namespace(title)
        props = params["prop"].split("|")
        if "info" in props:
            page["fullurl"] = f"https://tiny.test/wiki/{title.replace(' ', '_')}"
        if "pageprops" in props and self.disambiguator and title in self.ambiguous:
            page["pageprops"] = {"disambiguation": ""}
        if "templates" in props and (names := TEMPLATE.findall(text)):
            page["templates"] = [{"ns": 10, "title": f"Template:{name}"} for name in names]
        if "links" in props:
            page["links"] = [{"ns": 0, "title": link[0] or link[1]} for link in LINK.findall(text)]
        if "extracts" in props and self.extracts:
            page["extract"] = _plain(text)
        if "revisions" in props:
            page["revisions"] = [self._revision(number, text, params)]
        return page

    def _revision(self, number: int, text: str, params: dict[str, str]) -> dict[str, Any]:
        if "content" not in params["rvprop"]:
            return {"revid": 100 + number, "parentid": 0}
        return {"slots": {"main": {"*": text}}} if "rvslots" in params else {"*": text}


def namespace(title: str) -> int:
    """The number of a title's namespace."""
    prefix = title.partition(":")[0]
    return next((number for number, name in NAMESPACES.items() if name == prefix), 0)


def _plain(text: str) -> str:
    """A page as TextExtracts returns it: list items without stars, no templates."""
    text = REDIRECT_LINE.sub("", text)
    shown = TEMPLATE.sub("", LINK.sub(r"\2", text.replace("'''", "")))
    return shown.replace("\n* ", "\n").strip()


def _page_html(text: str) -> str:
    """A page as `action=parse` returns it, with one paragraph for each line."""
    lines = html.escape(_plain(text)).splitlines()
    body = "".join(HEADING.sub(r"<h2>\1</h2>", f"<p>{line}</p>") for line in lines)
    return f'<div class="mw-parser-output"><table><tr><td>A box</td></tr></table>{body}</div>'
