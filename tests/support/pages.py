"""Pages of metrics as Ray exports them."""

NAMES = {"invalid": "invalid-request"}
"""The outcomes whose names are no words of Python."""


def page(replica: str, *, slow: int = 0, cached: str = "false", **outcomes: int) -> str:
    """Requests of a replica by outcome; of those without a failure, `slow` took 2 s."""
    labels = f'application="wiki-digest",deployment="Digest",replica="{replica}",route="/v1/digest"'
    lines = [
        _sample("requests_total", f'{labels},outcome="{NAMES.get(one, one)}",cached="{cached}"', n)
        for one, n in outcomes.items()
    ]
    if cached == "false":
        answered = outcomes.get("ok", 0)
        counts = {"0.005": 0, "1.0": answered - slow, "30.0": answered, "+Inf": answered}
        seconds = "request_duration_seconds"
        lines += [
            _sample(f"{seconds}_bucket", f'{labels},le="{le}"', n) for le, n in counts.items()
        ]
        lines.append(_sample(f"{seconds}_count", labels, answered))
    return "# TYPE ray_wiki_digest_requests counter\n" + "\n".join(lines) + "\n"


def _sample(name: str, labels: str, value: int) -> str:
    return f"ray_wiki_digest_{name}{{{labels}}} {value:.1f}"
