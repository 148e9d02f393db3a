"""The locks with hashes, from which the image is installed. `make lock-check` asks the index."""

import tomllib

import pytest

from tests.unit.test_versions import LOCK, PROJECT, ROOT, pinned
from tools.image_locks import APP, LOCKS, PYTHON, Pins, faults, hashes, requirements, unhashed

FOLDER = ROOT / "deploy" / "image"
ONE = """\
a==1 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
b==2 ; sys_platform == "linux" \\
    --hash=sha256:ba
"""
TORCH = {"torch", "triton"}
locks = pytest.mark.parametrize("name", LOCKS)


def held(name: str) -> Pins:
    """The pins of a lock, with their hashes."""
    return hashes((FOLDER / f"{name}.lock").read_text("utf-8"))


@locks
def test_every_package_has_hashes(name: str) -> None:
    assert held(name)
    assert all(
        value.startswith("sha256:") and len(value) == 71
        for values in held(name).values()
        for value in values or {""}
    )


@locks
def test_the_versions_are_those_of_the_lock_for_development(name: str) -> None:
    versions = {line.partition(" ; ")[0] for line in LOCK}
    assert held(name).keys() <= versions


@locks
def test_the_direct_dependencies_are_locked_except_torch(name: str) -> None:
    wanted = {pinned(line) for line in requirements(*LOCKS[name])}
    found = {pinned(pin) for pin in held(name)}
    assert {package for package, _ in wanted - found} <= TORCH
    assert not TORCH & {package for package, _ in found}


def test_the_extras_exist() -> None:
    known = {APP, *PROJECT["optional-dependencies"]}
    assert {extra for extras in LOCKS.values() for extra in extras} <= known


def test_the_image_is_built_by_the_locked_build_system() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]
    assert build["requires"] == [pin for pin in held("build") if pin.startswith("hatchling")]


def test_the_locks_are_for_the_python_of_the_image() -> None:
    assert f"=python:{PYTHON}-" in (ROOT / "Dockerfile").read_text("utf-8")


def test_a_lock_is_read_with_all_hashes_of_each_package() -> None:
    assert hashes(ONE) == {
        "a==1": {"sha256:aa", "sha256:ab"},
        "b==2": {"sha256:ba"},
    }


def test_what_torchs_index_decides_is_left_out() -> None:
    given = "torch==2\ntorchmetrics==1\ntriton==3 ; x\nnvidia-nccl==1\ncuda-pathfinder==1\nnumpy==2"
    assert unhashed(given) == ["torch", "triton", "nvidia-nccl", "cuda-pathfinder"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"a==1": {"x"}}, []),
        ({"a==1": {"x", "new"}}, []),
        ({"a==1": {"y"}}, ["a==1: its hashes are not those of the index"]),
        ({"a==2": {"x"}}, ["a==1: only in the lock", "a==2: only in requirements.lock"]),
    ],
    ids=["equal", "a release got another file", "another hash", "another version"],
)
def test_what_differs_from_the_index_is_a_fault(
    now: dict[str, set[str]], expected: list[str]
) -> None:
    given = {pin: frozenset(values) for pin, values in now.items()}
    assert list(faults({"a==1": frozenset({"x"})}, given)) == expected
