"""What all processes of a pod hold: memory, open files, threads."""

import json
from typing import NamedTuple

from tests.e2e.support import Release

COUNT = """
import json, os, pathlib
found = [0, 0, 0]
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        rollup = (process / "smaps_rollup").read_text()
        files, threads = len(os.listdir(process / "fd")), len(os.listdir(process / "task"))
    except (OSError, ProcessLookupError):
        continue
    memory = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    found = [a + b for a, b in zip(found, (memory, files, threads))]
print(json.dumps(found))
"""


class Usage(NamedTuple):
    """Of all pods: KiB of memory (PSS), open files, threads."""

    kib: int
    files: int
    threads: int


def usage(release: Release) -> Usage:
    """Of the ready pods of a release, head and workers."""
    pods = [*release.ready("head"), *release.ready("worker")]
    counted = [json.loads(release.inside(pod, "python3", "-c", COUNT)) for pod in pods]
    return Usage(*(sum(column) for column in zip(*counted, strict=True)))
