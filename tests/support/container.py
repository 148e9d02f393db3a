"""Containers of the image, by the command `docker`."""

import subprocess

import requests

from tests.support.eventually import eventually

COMMAND_S = 300
START_S = 120


def docker(*words: str) -> str:
    """The stdout of a docker command."""
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=COMMAND_S, check=True
    )
    return done.stdout.strip()


def wait_until_it_answers(container: str, address: str) -> None:
    """Wait until a container serves at this address; its log is the error if it does not."""

    def answers() -> bool:
        try:
            return requests.get(f"{address}/v1/models", timeout=5).ok
        except requests.RequestException:
            return False

    try:
        eventually("an answer", answers, START_S)
    except AssertionError:
        raise AssertionError(docker("logs", container)) from None
