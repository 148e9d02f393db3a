"""Articles of the size and shape of real ones, with sentences of our own, by a seeded generator.

Each is wikitext for a MediaWiki, and the text that TextExtracts makes of it, for the corpus.
`python -m tests.support.real_articles FOLDER` writes the wikitext, one `Title.txt` for each.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.support.real_sentences import ENGLISH, OTHERS, Phrases

SHORTEST, LONGEST = 15_000, 60_000
_SURNAME: Final = re.compile(r"((?:van der )?[^ ]+)(?: Jr\.)?$")
_PARAGRAPH: Final = (2, 9)  # sentences
_FORMULAS: Final = (
    ("≤", r"\leq"),
    ("a\n,\nb", "a,b"),
    ("x\n2\n+\n1", "x^{2}+1"),
    ("E\n=\nm\nc\n2", "E=mc^{2}"),
)
_SCRIPTS: Final = (
    "{place} (Japanese: 青浜, Hepburn: Aohama; [aohama] ) is twinned with {person}'s home town.",
    "In Arabic it is called ميناء الفجر ( ), in Hebrew נמל השחר, in Russian Новая Гавань (, ).",
    "The Greek name Πέτρα (; lit. 'rock') and the Amharic አዲስ ወደብ are on the map of {year}.",
    "{person} 🧭 drew a flag for {place} 🏴‍☠️ and signed it “M. ✍🏽”, with e\u0301 and ñ in {year}.",
    "The Urdu sign نیل آباد hangs beside the Thai one, บ้านปากน้ำ, at the gate of {place}.",
)
_DEBRIS: Final = (
    (r"(?s)\{\|.*?\|\}\n", ""),
    (r"(?s)\{\{(Infobox \w+).*?\n\}\}", r"Template:\1"),
    (r'(?s)<(sup|span) class="[a-z]+">.*?</\1>', ""),
    (r"</?(?:span|blockquote)>", ""),
    (r"\[\[(?:[^]|]*\|)?([^]|]*)\]\]", r"\1"),
    (r"'{3}", ""),
    (r"(?m)^\*+ ?", ""),
    (r"(?m)^(=+ .* =+)$", r"\n\n\1"),
    ("&#32;", " "),
    ("&#123;", "{"),
)
"""What TextExtracts does to the markup used here, in order."""


class RealArticle(NamedTuple):
    """A generated article."""

    title: str
    language: str
    wikitext: str

    @property
    def plain(self) -> str:
        """The text that TextExtracts makes of the wikitext."""
        return _extract(self.wikitext)


def _extract(wikitext: str) -> str:
    for pattern, replacement in _DEBRIS:
        wikitext = re.sub(pattern, replacement, wikitext)
    return wikitext


class _Writer:
    """Writes the parts of one article; the same seed writes the same text."""

    def __init__(self, title: str, phrases: Phrases) -> None:
        self.title = title
        self.parts: list[str] = []
        self.size = 0
        """characters of the plain text"""
        self._rng = Random(title)
        self._phrases = phrases

    def add(self, part: str) -> None:
        """Append a part."""
        self.parts.append(part)
        self.size += len(_extract(part))

    def filled(self, template: str) -> str:
        """A template with names in its slots."""
        person, other = self._rng.sample(self._phrases.persons, 2)
        return template.format(
            person=self._linked(person),
            other=other,
            surname=_SURNAME.findall(person)[0],
            place=self._linked(self._rng.choice(self._phrases.places)),
            year=self._rng.randint(1600, 1999),
        )

    def _linked(self, name: str) -> str:
        """The name, sometimes as a link or in bold."""
        return self._rng.choice((name, name, name, f"[[Page on {name}|{name}]]", f"'''{name}'''"))

    def sentence(self) -> str:
        """A sentence, sometimes with a reference."""
        reference = self._rng.choice(("", "", '<sup class="reference">[7]</sup>'))
        return self.filled(self._rng.choice(self._phrases.sentences)) + reference

    def prose(self, sentences: int | None = None) -> None:
        """A paragraph."""
        count = sentences or self._rng.randint(*_PARAGRAPH)
        self.add(self._phrases.joint.join(self.sentence() for _ in range(count)))

    def section(self) -> None:
        """A heading of some level, and two paragraphs."""
        marks = "=" * self._rng.randint(2, 4)
        year = self._rng.randint(1600, 1999)
        self.add(f"{marks} {self._phrases.heading} {year} {marks}")
        self.prose()
        self.prose()

    def scripts(self) -> None:
        """A paragraph with names in many scripts, emoji, combining marks and empty brackets."""
        self.add(" ".join(self.filled(one) for one in _SCRIPTS))

    def formulas(self) -> None:
        """A paragraph with formulas."""
        first, second = (_formula(*self._rng.choice(_FORMULAS)) for _ in range(2))
        self.add(
            f"Let {first} hold on the set {second}, which {self._rng.choice(self._phrases.persons)}"
            f" studied.\nIf {second} is total, every two of its elements can be compared, "
            f"and {first} follows. {self.sentence()}"
        )

    def quote(self) -> None:
        """A quotation of its own paragraph."""
        self.add(f"<blockquote>“{self.sentence()}” ({self.filled('{person}')})</blockquote>")

    def list_of_names(self, items: int = 30) -> None:
        """A list with short items."""
        lines = (self.filled("* {person}, {place} ({year})") for _ in range(items))
        self.add("\n".join(lines))

    def leftovers(self) -> None:
        """What a table leaves behind where its markup is lost: a cell on each line."""
        rows = (self.filled("\n\n{year}\n\n{place}\n\n–\n\n") for _ in range(6))
        self.add("\n\nYear\n\nPlace" + "".join(rows))

    def table(self) -> None:
        """A table, which TextExtracts removes."""
        rows = "".join(self.filled("|-\n| {year} || {place}\n") for _ in range(6))
        self.add(f'{{| class="wikitable"\n! Year !! Place\n{rows}|}}\n')

    def infobox(self) -> None:
        """A box by a template, and the cells that its markup leaves behind."""
        self.add("{{Infobox place\n| name = x\n| area = 3 km2\n}}")
        self.add("Coordinates: 48.2°N 9.7°E\n\nArea\n\n• Total\n\n3 km2 (1.2 sq mi)")

    def lead(self) -> None:
        """A first paragraph with a pronunciation that is lost."""
        self.add(
            f"'''{self.title}''' (<span class=\"noexcerpt\">''x''</span>; first named in 1604) is "
            f"the subject of a survey that {self._linked(self._phrases.persons[0])} made in "
            f"{self._linked(self._phrases.places[0])}. " + self.sentence()
        )


def _formula(signs: str, tex: str) -> str:
    """A formula as TextExtracts writes it: a sign on each line, then its TeX."""
    lines = ["", " " * 2, *(" " * 6 + sign for sign in signs.split("\n")), " " * 2]
    text = "\n".join([*lines, rf"    &#123;\displaystyle {tex}}}", "  "])
    spaces = re.sub(r"(?m)^ +", lambda match: "&#32;" * len(match[0]), text)
    return f"<span>{spaces}</span>"


def _biography(writer: _Writer) -> None:
    writer.infobox()
    writer.lead()
    _until(writer, 30_000, writer.section, writer.quote, writer.table)


def _mathematics(writer: _Writer) -> None:
    writer.lead()
    writer.formulas()
    _until(writer, 20_000, writer.section, writer.formulas, writer.formulas)


def _list(writer: _Writer) -> None:
    while writer.size < SHORTEST:
        writer.add(f"== {writer.title} {len(writer.parts)} ==")
        writer.list_of_names(80)


def _country(writer: _Writer) -> None:
    writer.infobox()
    writer.lead()
    writer.scripts()
    parts = (writer.section, writer.list_of_names, writer.leftovers, writer.scripts, writer.table)
    _until(writer, 55_000, *parts)


def _wall(writer: _Writer) -> None:
    """Paragraphs of 10,000 characters and more."""
    writer.lead()
    _until(writer, 25_000, lambda: writer.prose(110))


def _scripts(writer: _Writer) -> None:
    writer.lead()
    _until(writer, 16_000, writer.scripts, writer.quote, writer.scripts)


def _plain_prose(writer: _Writer) -> None:
    writer.prose(3)
    _until(writer, SHORTEST, writer.section)


def _until(writer: _Writer, size: int, *parts: Callable[[], None]) -> None:
    """Write these parts in turn up to a size."""
    while writer.size < size:
        for part in parts:
            part()


_ENGLISH: Final[dict[str, Callable[[_Writer], None]]] = {
    "Maren Oakhill": _biography,
    "Oakhill order": _mathematics,
    "List of lighthouses of Velmark": _list,
    "Velmark": _country,
    "Tides of the Orrin Valley": _wall,
    "Flags and signs of Port Hesper": _scripts,
}


def real_articles() -> dict[str, RealArticle]:
    """All generated articles by title."""
    shapes = [(title, "en", ENGLISH, shape) for title, shape in _ENGLISH.items()]
    for language, phrases in OTHERS.items():
        shapes.append((phrases.places[0], language, phrases, _plain_prose))
    found = {}
    for title, language, phrases, write in shapes:
        writer = _Writer(title, phrases)
        write(writer)
        found[title] = RealArticle(title, language, "\n\n".join(writer.parts) + "\n")
    return found


def main(folder: Path) -> None:
    """Write the wikitext of each article."""
    folder.mkdir(parents=True, exist_ok=True)
    for article in real_articles().values():
        (folder / f"{article.title}.txt").write_text(article.wikitext, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
