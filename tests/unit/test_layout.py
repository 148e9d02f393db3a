import ast
import re
import statistics
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from typer.main import get_group

import app
from app import cli
from tools.module_map import LAYERS, module_list

ROOT = Path(app.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in FILES}
Function = ast.FunctionDef | ast.AsyncFunctionDef
RAY = {"serving", "graph", "local"}
HTTP = {"api", "serving", "graph"}
REQUEST_PATH = {"core", "sources", "models", "stages", "driver", "api", "serving", "graph"}
QUICK = {"cli", "local", "config", "core"}
"""What every command imports."""


def imports(node: ast.AST) -> list[str]:
    """The modules that a statement imports from, dotted."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return []


def packages(node: ast.AST) -> set[str]:
    return {name.partition(".")[0] for name in imports(node)}


def layer(name: str) -> str:
    """The folder, or at the root the module, that a file belongs to."""
    return name.removesuffix(".py").partition("/")[0]


def importers(*wanted: str) -> set[str]:
    """The layers that import one of these packages, at any depth."""
    return {
        layer(name)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if set(wanted) & packages(node)
    }


def own_imports(name: str) -> set[str]:
    """The files of `app` that a file imports, at any depth of it."""
    dotted = {name for node in ast.walk(TREES[name]) for name in imports(node)}
    files = (found.replace(".", "/").removeprefix("app/") + ".py" for found in dotted)
    return {file for file in files if file in TREES}


def outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    """What runs when a file is imported; blocks for type checkers are left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from outside_functions(node)


def imported_at_start(name: str) -> set[str]:
    return {p for node in outside_functions(TREES[name]) for p in packages(node)}


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
    return len((ROOT / name).read_text("utf-8").splitlines())


def rank(name: str) -> int:
    return next(at for at, names in enumerate(LAYERS) if layer(name) in names)


@pytest.mark.parametrize("name", sorted(TREES.keys() - {"__init__.py"}))
def test_a_module_imports_its_own_folder_and_lower_layers_only(name: str) -> None:
    expected: list[str] = []
    assert expected == [
        other
        for other in sorted(own_imports(name))
        if layer(other) != layer(name) and rank(other) >= rank(name)
    ]


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter({name: own_imports(name) for name in TREES}).prepare()


def test_the_root_holds_six_modules_at_most() -> None:
    assert len([name for name in TREES if "/" not in name]) <= 6


def test_only_the_layers_of_serving_import_ray() -> None:
    assert importers("ray") <= RAY


def test_only_the_layers_of_http_import_a_web_framework() -> None:
    assert importers("fastapi", "starlette") <= HTTP


def test_the_shell_uses_its_http_client_in_one_file_and_its_renderer_in_two() -> None:
    uses = {
        package: [
            name for name, tree in TREES.items() for n in ast.walk(tree) if package in packages(n)
        ]
        for package in ("httpx", "rich")
    }
    assert set(uses["httpx"]) == {"shell/ask_client.py"}
    assert set(uses["rich"]) == {"shell/render.py", "shell/render_top.py"}


@pytest.mark.parametrize("name", TREES)
def test_the_extra_packages_are_imported_inside_functions_only(name: str) -> None:
    """They may be missing, and are slow to import."""
    assert not imported_at_start(name) & {"torch", "transformers", "kubernetes"}


@pytest.mark.parametrize("name", sorted(name for name in TREES if layer(name) in QUICK))
def test_a_command_starts_without_slow_imports(name: str) -> None:
    """`wiki-digest --help` answers at once."""
    assert not imported_at_start(name) & {"ray", "fastapi", "onnxruntime", "numpy"}


def test_the_package_imports_nothing_of_its_developers() -> None:
    """It is installed without them."""
    assert importers("tests", "training", "bench", "tools", "devtools", "pytest") == set()


def test_benchmarks_and_tools_do_not_import_tests() -> None:
    files = [
        file
        for name in ("bench", "tools", "devtools")
        for file in (ROOT.parent / name).rglob("*.py")
    ]
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    assert files
    assert not any("tests" in packages(node) for tree in trees for node in ast.walk(tree))


def test_all_exceptions_are_in_the_error_tree() -> None:
    raised = {
        f"{name}:{node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(re.search(r"(Exception|Error|Failed)$", ast.unparse(base)) for base in node.bases)
    }
    assert {name.partition(":")[0] for name in raised} == {"core/errors.py"}


@pytest.mark.parametrize("name", sorted(name for name in TREES if layer(name) in REQUEST_PATH))
def test_a_request_passes_no_any(name: str) -> None:
    names = {node.id for node in ast.walk(TREES[name]) if isinstance(node, ast.Name)}
    assert "Any" not in names or name == "serving/serve_config.py"


def test_the_driver_fits_one_screen() -> None:
    """It is what a reader begins with."""
    assert lines("driver.py") < 80


@pytest.mark.parametrize("name", TREES)
def test_no_file_is_long(name: str) -> None:
    assert lines(name) <= 250


def test_half_of_the_functions_have_seven_lines_at_most() -> None:
    assert statistics.median(code_lines(function) for _, function in functions()) <= 7


def test_no_function_is_long() -> None:
    expected: dict[str, int] = {}
    sizes = {name: code_lines(function) for name, function in functions()}
    assert expected == {name: size for name, size in sizes.items() if size > 30}


def test_every_module_is_on_the_map() -> None:
    """The map is the docstring of the package, which `make generate` completes."""
    assert app.__doc__ is not None
    assert module_list(ROOT) in app.__doc__
    words = set(module_list(ROOT).split())
    assert {Path(name).stem for name in TREES} - {"__init__"} <= words


def test_every_file_on_the_map_exists() -> None:
    assert app.__doc__ is not None
    names = re.findall(r"\b[a-z_/]+\.py\b", app.__doc__)
    expected: list[str] = []
    assert len(names) > 8
    assert expected == [name for name in names if name not in TREES]


@pytest.mark.parametrize("folder", sorted({layer(name) for name in TREES if "/" in name}))
def test_every_folder_says_what_belongs_there_and_what_it_imports(folder: str) -> None:
    said = ast.get_docstring(TREES[f"{folder}/__init__.py"])
    assert said
    assert "Imports " in said


def test_every_command_on_the_map_can_be_given() -> None:
    assert app.__doc__ is not None
    _, found, given = app.__doc__.partition("wiki-digest ")
    expected = set(given.splitlines()[0].split(" | "))
    assert found
    assert expected == set(get_group(cli.app).commands)


def test_nine_in_ten_modules_have_a_test_of_their_own() -> None:
    """Of the same name, in the same folder of tests/unit; of Ray's replicas in tests/graph."""
    modules = [Path(name) for name in TREES if not name.endswith("__init__.py")]
    tests = Path(__file__).parent
    tested = [
        module
        for module in modules
        if (tests / module.parent / f"test_{module.name}").exists()
        or (tests.parent / "graph" / f"test_{module.name}").exists()
    ]
    assert len(tested) >= 0.9 * len(modules), sorted(set(modules) - set(tested))
