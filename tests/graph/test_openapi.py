"""Schemathesis finds no difference between the OpenAPI document and the server."""

import subprocess
import sys

from devtools.server import Server

FUZZ_S = 240


def test_every_response_conforms_to_openapi(server: Server) -> None:
    # The command, not the pytest plugin: that one (4.32) does not know pytest 9.
    fuzz = "from schemathesis.cli import schemathesis; schemathesis()"
    options = ["--max-examples=50", "--phases=examples,coverage,fuzzing", "--checks=all"]
    result = subprocess.run(
        [sys.executable, "-c", fuzz, "run", f"{server.address}/openapi.json", *options],
        capture_output=True,
        check=False,
        text=True,
        timeout=FUZZ_S,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert "No issues found" in result.stdout
