"""What processes hold that have run for long: memory, open files, threads."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tests.e2e.support import Release

COUNT = """
import json, os, pathlib
found = {}
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        rollup, stat = (process / "smaps_rollup").read_text(), (process / "stat").read_text()
        files, threads = len(os.listdir(process / "fd")), len(os.listdir(process / "task"))
    except OSError:
        continue
    memory = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    begun = stat.rpartition(")")[2].split()[19]
    found[f"{process.name} {begun}"] = memory, files, threads
print(json.dumps(found))
"""


class Usage(NamedTuple):
    """Of some processes: KiB of memory (PSS), open files, threads; and how many they are."""

    kib: int
    files: int
    threads: int
    processes: int = 1


Looked = dict[str, Usage]
"""What each process of a release holds, by its pod, its number, and when it started."""


def looked(release: Release) -> Looked:
    """The processes of the ready pods, head and workers."""
    pods = [*release.ready("head"), *release.ready("worker")]
    return {
        f"{pod} {process}": Usage(*held)
        for pod in pods
        for process, held in json.loads(release.inside(pod, "python3", "-c", COUNT)).items()
    }


def grown(looks: Iterable[Looked], least: int) -> tuple[Usage, Usage]:
    """What the processes held that more than `least` looks saw: at the second one, and at last.

    The first may see a process that has just started.
    """
    seen: defaultdict[str, list[Usage]] = defaultdict(list)
    for look in looks:
        for process, held in look.items():
            seen[process].append(held)
    old = [helds for helds in seen.values() if len(helds) > least]
    return _total(helds[1] for helds in old), _total(helds[-1] for helds in old)


def _total(held: Iterable[Usage]) -> Usage:
    return Usage(*(sum(column) for column in zip(*held, strict=True)))
