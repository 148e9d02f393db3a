import gzip

import pytest

from app.core.errors import Unreadable
from app.sources.unpacking import LARGEST, unpacked

BODY = b'{"query": {}}'


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
def test_a_packed_body_is_unpacked(encoding: str) -> None:
    assert unpacked(gzip.compress(BODY), encoding) == BODY


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_another_body_is_returned_as_it_is(encoding: str) -> None:
    assert unpacked(BODY, encoding) == BODY
    assert len(unpacked(b" " * LARGEST, encoding)) == LARGEST


def test_the_first_mebibyte_may_be_packed_as_well_as_gzip_can() -> None:
    body = b" " * 2**20
    assert unpacked(gzip.compress(body), "gzip") == body


@pytest.mark.parametrize(
    ("sent", "encoding", "message"),
    [
        (b" " * (LARGEST + 1), "", "more than 8 MiB"),
        (gzip.compress(bytes(range(256)) * 2**15 + BODY, 0), "gzip", "more than 8 MiB"),
        (gzip.compress(b" " * 2**22), "gzip", "100 times what it sent, or more"),
        (BODY, "gzip", "broken compression"),
    ],
    ids=["long", "long once unpacked", "bomb", "broken"],
)
def test_a_body_that_cannot_be_read_is_described(sent: bytes, encoding: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        unpacked(sent, encoding)
