"""`wiki-digest serve` where a key is needed, on a real Ray."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import requests

from devtools.server import Server

ASK_S = 40
KEY, WRONG = "correct-horse", "battery-staple"


@contextmanager
def asked(folder: Path) -> Iterator[tuple[Server, list[requests.Response]]]:
    """A server whose files are in this folder; answers without a key, with its and with another."""
    keys = folder / "keys"
    keys.write_text(f"ann:{sha256(KEY.encode()).hexdigest()}", "utf-8")
    with Server(f"api.keys_file={keys}", RAY_TMPDIR=str(folder)) as server:
        url = f"{server.address}/v1/digest?term=ada+lovelace"
        given: list[dict[str, str]] = [
            {},
            {"Authorization": f"Bearer {KEY}"},
            {"Authorization": f"Bearer {WRONG}"},
        ]
        yield server, [requests.get(url, timeout=ASK_S, headers=headers) for headers in given]


def test_it_answers_those_who_have_a_key_and_writes_none_into_logs_or_metrics() -> None:
    with tempfile.TemporaryDirectory(prefix="wd") as name:  # sockets need a short path
        folder = Path(name)
        with asked(folder) as (server, answers):
            metrics = requests.get(server.metrics, timeout=ASK_S).content
        logs = {file: file.read_bytes() for file in folder.rglob("*") if is_log(file)}
    assert [answer.status_code for answer in answers] == [401, 200, 401]
    assert b'outcome="ok"' in metrics
    assert {"haproxy-serve", "serve"} <= {part for file in logs for part in file.parts}
    for secret in (KEY.encode(), WRONG.encode()):
        assert secret not in metrics
        assert [str(file) for file, text in logs.items() if secret in text] == []


def is_log(file: Path) -> bool:
    return file.is_file() and file.suffix in {".log", ".out", ".err", ".json"}
