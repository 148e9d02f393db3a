import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app import cli

ROOT = Path(app.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in FILES}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def packages(node: ast.AST) -> list[str]:
    """The packages that a statement imports from."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0]]
    return []


def importers(*wanted: str) -> set[str]:
    """The files that import one of these packages, at any depth."""
    return {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if set(wanted) & set(packages(node))
    }


def outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    """What is run when a file is imported, but for what only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from outside_functions(node)


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of the package, with its file and name."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.name}", node


def code_lines(function: Function) -> int:
    """The lines of a function, its docstring not counted."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return lines
    return lines - ((first.end_lineno or first.lineno) - first.lineno + 1)


def lines(name: str) -> int:
    """The lines of a file."""
    return len((ROOT / name).read_text("utf-8").splitlines())


def test_few_files_know_of_ray() -> None:
    """The rest is plain Python, and can be used and tested without it."""
    expected = {"graph.py", "serve_config.py", "local.py"}
    assert expected == importers("ray")


def test_few_files_know_of_http() -> None:
    """And the graph, which hands Serve the application."""
    expected = {"api.py", "edge.py", "page.py", "problems.py", "graph.py"}
    assert expected == importers("fastapi", "starlette")


def test_the_shell_asks_and_shows_in_one_file_each() -> None:
    """What it does between is plain Python."""
    assert importers("httpx") == {"shell/asking.py"}
    assert importers("rich") == {"shell/show.py"}


def test_the_driver_knows_of_no_framework() -> None:
    """It reads as the order of the calls and nothing else."""
    used = {package for node in ast.walk(TREES["driver.py"]) for package in packages(node)}
    forbidden = {"ray", "fastapi", "starlette", "torch", "transformers", "onnxruntime", "requests"}
    expected: set[str] = set()
    assert expected == used & forbidden


@pytest.mark.parametrize("name", TREES)
def test_the_extra_packages_are_imported_only_where_they_are_used(name: str) -> None:
    """Torch and its like may not be there, and are slow to come."""
    extras = {"torch", "transformers"}
    expected: list[str] = []
    imported = [p for node in outside_functions(TREES[name]) for p in packages(node)]
    assert expected == [package for package in imported if package in extras]


def test_the_command_does_not_wait_for_ray() -> None:
    """`wiki-digest --help` answers at once."""
    expected: set[str] = set()
    slow = {"ray", "fastapi", "onnxruntime", "numpy"}
    for name in ("cli.py", "config.py", "settings.py", "deployments.py", "errors.py", "local.py"):
        imported = {p for node in outside_functions(TREES[name]) for p in packages(node)}
        assert expected == imported & slow, name


def test_nothing_in_the_package_needs_what_only_developers_have() -> None:
    """It is installed without them."""
    expected: set[str] = set()
    assert expected == importers("tests", "training", "bench", "tools", "pytest")


def test_the_driver_fits_one_screen() -> None:
    """It is what a reader begins with."""
    assert lines("driver.py") < 80


@pytest.mark.parametrize("name", TREES)
def test_no_file_is_long(name: str) -> None:
    """What grows past this holds two things."""
    assert lines(name) <= 250


def test_most_functions_are_short() -> None:
    """Half of them have at most eight lines."""
    assert statistics.median(code_lines(function) for _, function in functions()) <= 8


def test_no_function_is_long() -> None:
    """What does not fit a screen is hard to follow."""
    expected: dict[str, int] = {}
    sizes = {name: code_lines(function) for name, function in functions()}
    assert expected == {name: size for name, size in sizes.items() if size > 50}


def test_every_name_on_the_map_is_a_file() -> None:
    """The map is the docstring of the package."""
    assert app.__doc__ is not None
    names = re.findall(r"\b[a-z_/]+(?:\.py\b|/(?=[ :]))", app.__doc__)
    expected: list[str] = []
    assert len(names) > 10
    assert expected == [name for name in names if not (ROOT / name).exists()]


def test_every_command_on_the_map_can_be_given() -> None:
    """It ends with the command line."""
    assert app.__doc__ is not None
    _, found, given = app.__doc__.partition("wiki-digest ")
    expected = set(given.splitlines()[0].split(" | "))
    assert found
    assert expected == {
        str(c.name or getattr(c.callback, "__name__", "")) for c in cli.app.registered_commands
    }
