"""`wiki-digest serve` where a key is needed, on a real Ray."""

from hashlib import sha256
from pathlib import Path

import requests

from devtools.server import Server

ASK_S = 40


def test_it_gets_ready_without_a_key_of_its_own_and_answers_those_who_have_one(
    tmp_path: Path,
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"ann:{sha256(b'secret').hexdigest()}", "utf-8")
    with Server(f"api.keys_file={keys}") as server:
        url = f"{server.address}/v1/digest?term=ada+lovelace"
        refused = requests.get(url, timeout=ASK_S)
        answered = requests.get(url, timeout=ASK_S, headers={"Authorization": "Bearer secret"})
    assert (refused.status_code, answered.status_code) == (401, 200)
