"""`wiki-digest serve` where a key is needed, on a real Ray."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import requests

from devtools.server import Server
from tests.support.eventually import eventually

ASK_S = 40
EXPORTED_S = 90
"""Ray exports metrics every ten seconds."""
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
            metrics = eventually("the answer is counted", lambda: counted(server), EXPORTED_S)
        logs = {file: file.read_bytes() for file in folder.rglob("*") if is_log(file)}
    assert [answer.status_code for answer in answers] == [401, 200, 401]
    assert any("replica_wiki-digest_Digest" in file.name for file in logs)
    for secret in (KEY.encode(), WRONG.encode()):
        assert secret not in metrics
        assert [str(file) for file, text in logs.items() if secret in text] == []


def counted(server: Server) -> bytes | None:
    """The metrics, once an answer is among them."""
    found = requests.get(server.metrics, timeout=ASK_S).content
    series = (line for line in found.splitlines() if b'outcome="ok"' in line)
    return found if any(not line.endswith(b" 0.0") for line in series) else None


def is_log(file: Path) -> bool:
    return file.is_file() and file.suffix in {".log", ".out", ".err", ".json"}
