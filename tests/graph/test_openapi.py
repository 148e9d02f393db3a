"""Schemathesis finds no difference between the OpenAPI document and the server."""

import os
import re
import subprocess
import sys

from devtools.server import Server

SEED = () if "EXAMPLES" in os.environ else ("--seed=1",)
"""A submission fails for what it changes."""
EXAMPLES = int(os.environ.get("EXAMPLES", "50"))
"""Random requests for each operation, at most; there are others beside them."""
CASES = int(os.environ.get("CASES", "300"))
"""The number of requests at least."""
FUZZ_S = 900 + EXAMPLES
REQUEST_S = 40


def test_every_response_conforms_to_openapi(server: Server) -> None:
    # The command, not the pytest plugin: that one (4.32) does not know pytest 9.
    fuzz = "from schemathesis.cli import schemathesis; schemathesis()"
    options = [
        f"--max-examples={EXAMPLES}",
        f"--request-timeout={REQUEST_S}",
        "--phases=examples,coverage,fuzzing",
        "--checks=all",
        *SEED,
    ]
    result = subprocess.run(
        [sys.executable, "-c", fuzz, "run", f"{server.address}/openapi.json", *options],
        capture_output=True,
        check=False,
        text=True,
        timeout=FUZZ_S,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert "No issues found" in result.stdout
    sys.stdout.write(result.stdout[-1500:])
    assert generated(result.stdout) >= CASES


def generated(report: str) -> int:
    """The number of requests in a report of schemathesis."""
    (cases,) = re.findall(r"([\d,]+) generated", report)
    return int(cases.replace(",", ""))
