"""What a fuzzer finds between our OpenAPI and what the server really does: nothing."""

import subprocess
import sys

from devtools.server import Server

FUZZ_S = 240


def test_every_answer_is_as_documented(server: Server) -> None:
    """Valid input is accepted, invalid input refused, and each answer fits its schema."""
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
