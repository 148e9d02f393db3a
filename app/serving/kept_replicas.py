"""The replicas that HAProxy goes on with while Serve names none.

A controller that has started again tells HAProxy of an application without replicas, and of all of
them half a second later. Meanwhile every request was a 503.
"""

import re
from pathlib import Path
from typing import Final

BEGIN: Final = "    # Servers in this backend\n"
"""The line of Serve's configuration that the replicas follow."""
_REPLICAS: Final = re.compile(r"(?:^ +server \S+ \S+ check(?! backup).*\n)+", re.MULTILINE)


def added(config: str, kept: Path) -> str:
    """A configuration; if it has no replicas, with those of the last one, from the file `kept`.

    Those that are gone fail their health checks.
    """
    if found := _REPLICAS.search(config):
        kept.write_text(found[0])
        return config
    return config.replace(BEGIN, BEGIN + (kept.read_text() if kept.exists() else ""))
