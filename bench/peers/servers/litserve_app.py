"""LitServe: two workers, one request at a time each."""

from typing import Any

import litserve

from bench.peers import servers


class Digest(litserve.LitAPI):
    """The graph in each worker."""

    def setup(self, device: str) -> None:
        """Load the models."""
        del device
        self.graph = servers.load()

    def decode_request(self, request: dict[str, str]) -> str:
        """The term."""
        return request["term"]

    def predict(self, term: str) -> dict[str, Any]:
        """The digest."""
        found: dict[str, Any] = self.graph.digest(term)
        return found

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """The digest as it is."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(
        Digest(), accelerator="cpu", workers_per_device=servers.WORKERS, timeout=120
    )
    server.run(host="127.0.0.1", port=servers.PORT, generate_client_file=False, log_level="warning")
