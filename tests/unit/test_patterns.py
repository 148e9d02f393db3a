"""Every pattern of the package takes linear time on hostile texts, as its module uses it."""

import ast
import importlib
import inspect
import pkgutil
import random
import re
from collections.abc import Callable, Iterator
from itertools import product
from types import ModuleType
from typing import TypeAlias

import pytest
import regex

import app
from tests.support.work import grows_linearly

Pattern: TypeAlias = re.Pattern[str] | regex.Pattern[str]
Use: TypeAlias = Callable[[Pattern, str], object]
SIGNS = "aA1_ \n.,;:!?'\"()[]{}<>|*-/\\&=^\u0301\u200d\u2019«é漢か。ก😀"
END = "\x00"
NAMING = (ast.Assign, ast.AnnAssign)
SIZE = 1_000
SOME = 100
"""Units of more pieces, chosen at random."""


def search(pattern: Pattern, text: str) -> None:
    for _ in pattern.finditer(text):
        pass


def match(pattern: Pattern, text: str) -> None:
    pattern.match(text)


def fullmatch(pattern: Pattern, text: str) -> None:
    pattern.fullmatch(text)


ANCHORED: dict[str, Use] = {"match": match, "fullmatch": fullmatch}


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(app.__path__, "app."):
        yield importlib.import_module(found.name)


def patterns() -> Iterator[tuple[str, Pattern, list[Use]]]:
    """Each pattern in a module or a class, by its name, with its uses."""
    for module in modules():
        classes = [one for one in vars(module).values() if inspect.isclass(one)]
        own = [one for one in classes if one.__module__ == module.__name__]
        names = {name: value for space in (*own, module) for name, value in vars(space).items()}
        for name, value in names.items():
            if isinstance(value, re.Pattern | regex.Pattern) and isinstance(value.pattern, str):
                yield f"{module.__name__}.{name}", value, uses(module, name)


def uses(module: ModuleType, name: str) -> list[Use]:
    """How the module uses a pattern: where it only matches at a place, or also by a search."""
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    methods = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith(name)
    }
    found = {ANCHORED.get(method, search) for method in methods or {"search"}}
    return sorted(found, key=lambda use: use.__name__)  # the same in each process of pytest-xdist


def units(pattern: Pattern) -> Iterator[str]:
    """One and two signs or characters of a pattern, what looks like its words, and mixtures."""
    source = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), pattern.pattern)
    letters = "".join(filter(str.isprintable, re.sub(r"\\[pP]\{\w+\}|\(\?P<\w+>", "", source)))
    signs = list(dict.fromkeys(SIGNS + letters))
    yield from signs
    yield from map("".join, product(signs, repeat=2))
    words = [*re.findall(r"[A-Za-z]{2,}", source), *re.findall(r"(?=([^\w\s]{3,4}))", source)]
    yield from dict.fromkeys(words)
    chosen = random.Random(1)
    for _ in range(SOME):
        yield "".join(chosen.choices([*signs, *words], k=chosen.randint(3, 5)))


def slow_unit(pattern: Pattern, use: Use) -> str | None:
    """What makes a pattern slow, if it is repeated."""

    def run(text: str) -> object:
        return use(pattern, text)

    return next((u for u in units(pattern) if not grows_linearly(u, run, SIZE, END)), None)


FOUND = {f"{name} {use.__name__}": (one, use) for name, one, some in patterns() for use in some}


@pytest.mark.parametrize(("pattern", "use"), FOUND.values(), ids=FOUND)
def test_a_pattern_takes_linear_time(pattern: Pattern, use: Use) -> None:
    assert slow_unit(pattern, use) is None


def test_the_patterns_of_all_folders_are_found() -> None:
    folders = {name.split(".")[1] for name in FOUND}
    assert {"core", "models", "shell", "sources", "stages"} <= folders
    assert "app.core.full_stops._DOTTED fullmatch" in FOUND


def test_other_patterns_meet_no_remote_text() -> None:
    """Settings, a key, names of classes, and the words of a term, escaped."""
    found = {module.__name__ for module in modules() if others(module)}
    assert found == {
        "app.config.placement",
        "app.core.errors",
        "app.shell.ask_client",
        "app.sources.corpus",
    }


def others(module: ModuleType) -> list[ast.Call]:
    """The calls of `re` and `regex` that are not the value of a name of a module or a class."""
    tree = ast.parse(inspect.getsource(module))
    spaces: list[ast.Module | ast.ClassDef] = [tree]
    spaces += [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    named = [one.value for space in spaces for one in space.body if isinstance(one, NAMING)]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if is_of_patterns(call.func) and call not in named]


def is_of_patterns(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr == "escape":
        return False
    return isinstance(function.value, ast.Name) and function.value.id in {"re", "regex"}


@pytest.mark.parametrize(
    "slow",
    [
        re.compile(r"\*.*?\]"),
        re.compile(r"\s+$"),
        re.compile(r" *,"),
        regex.compile(r"(?:\p{L}\.)++\p{L}\d"),
        re.compile(r"<!--.*?-->", re.DOTALL),
    ],
    ids=lambda slow: slow.pattern,
)
def test_a_pattern_in_square_time_is_seen(slow: Pattern) -> None:
    assert slow_unit(slow, search) is not None
