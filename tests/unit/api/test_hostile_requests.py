"""The largest requests that are read, in hostile shapes: small answers, little work."""

import time

import httpx
import pytest

from app.api.limits import MAX_BODY_BYTES, MAX_NAMES, MAX_QUERY_BYTES, MAX_TERMS
from app.api.problems import MAX_FAULTS, MAX_NAME
from app.core.errors import REFUSED_CLIENT
from tests.support.fakes import FakeStages, application, client_of, faults, problem
from tests.support.work import reference_s

JSON = {"content-type": "application/json"}
LARGEST_PROBLEM = 6_000
"""Bytes of a problem with the most and longest faults, each of them twice."""
TERMS = b'{"terms":[%s]}'
REFUSED = {
    "unknown names": (b"{%s}", b'"%x":1,', 422),
    "unknown long names": (b"{%s}", b'"' + b"k" * 1500 + b'%x":1,', 422),
    "one long name": (b'{"%s":1}', b"k", 422),
    "one name of control characters": (b'{"%s":1}', b"\\u0001", 422),
    "half a surrogate pair in a name": (b'{"%s":1}', b"\\ud800", 422),
    "lists in lists": (b"%s", b"[", 400),
    "objects in objects": (b"%s", b'{"a":', 400),
    "lists in the terms": (b'{"terms":%s}', b"[", 400),
    "a long number": (TERMS, b"9", 400),
    "many numbers": (TERMS, b"1,", 422),
    "many lists": (TERMS, b"[],", 422),
    "many terms": (TERMS, b'"ada",', 422),
    "a string of terms": (b'{"terms":"%s"}', b"a", 422),
    "bytes that are not UTF-8": (b'{"terms":["%s"]}', b"\xff", 400),
    "a list": (b"[%s]", b"{},", 422),
    "spaces": (b"%s", b" ", 422),
}
READ = {
    "one long term": (b'{"terms":["%s"]}', b"a"),
    "a term of control characters": (b'{"terms":["%s"]}', b"\\u0001"),
    "a term of half surrogate pairs": (b'{"terms":["%s"]}', b"\\ud800"),
    "the same name again": (b"{%s}", b'"terms":["ada"],'),
}


def largest(template: bytes, unit: bytes) -> bytes:
    """A body of the largest size in which a unit is repeated; `%x` in it is its number."""
    room = MAX_BODY_BYTES - len(template) + 2
    numbered = b"%x" in unit
    size = len(unit) + 2 * numbered
    units = [unit % at if numbered else unit for at in range(room // size)]
    return template % b"".join(units).rstrip(b",")


async def post(body: bytes) -> httpx.Response:
    """The answer to a body; the work for it is little."""
    async with client_of(application(FakeStages())) as client:
        spent = []
        for _ in range(3):
            started = time.thread_time()
            response = await client.post("/v1/digests", content=body, headers=JSON)
            spent.append(time.thread_time() - started)
    assert min(spent) < 2 * reference_s()
    return response


async def get(query: str) -> httpx.Response:
    async with client_of(application(FakeStages())) as client:
        return await client.get(f"/v1/digest?{query}")


@pytest.mark.parametrize(("template", "unit", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_hostile_body_gets_a_small_problem_soon(
    template: bytes, unit: bytes, status: int
) -> None:
    response = await post(largest(template, unit))
    assert problem(response)["status"] == status
    assert len(response.content) <= LARGEST_PROBLEM
    assert response.headers[REFUSED_CLIENT] == "127.0.0.1", "HAProxy refuses who sends many"


async def test_a_short_invalid_body_is_a_mistake() -> None:
    assert REFUSED_CLIENT not in (await post(b"{}")).headers


@pytest.mark.parametrize(("template", "unit"), READ.values(), ids=READ)
async def test_a_hostile_body_that_is_read_gets_a_small_answer_soon(
    template: bytes, unit: bytes
) -> None:
    response = await post(largest(template, unit))
    assert response.status_code == 200
    assert len(response.content) <= LARGEST_PROBLEM


async def test_the_most_terms_of_the_wrong_type_get_a_small_problem() -> None:
    response = await post(TERMS % b",".join([b"1"] * MAX_TERMS))
    assert len(faults(response)) == MAX_FAULTS
    assert problem(response)["detail"].endswith(f"; and {MAX_TERMS - MAX_FAULTS} more")
    assert len(response.content) <= LARGEST_PROBLEM


async def test_the_most_unknown_names_get_a_small_problem() -> None:
    names = [b'"' + b"%d" % at * 300 + b'":1' for at in range(MAX_NAMES)]
    response = await post(b"{" + b",".join(names) + b"}")
    assert {len(where) for where, _ in faults(response)[1:]} == {MAX_NAME + 1}
    assert len(response.content) <= LARGEST_PROBLEM


async def test_more_names_are_one_error() -> None:
    body = b'{"terms":["ada"],' + b",".join(b'"%d":1' % at for at in range(MAX_NAMES)) + b"}"
    assert faults(await post(body)) == [("body", "101 names; at most 100 are allowed")]


async def test_a_long_name_is_cut_before_it_is_compared() -> None:
    response = await get("term=a&" + "k" * 10_000)
    assert faults(response) == [
        (f"query.{'k' * (MAX_NAME - len('query.'))}…", "unknown; known: term")
    ]


async def test_ten_errors_are_all_listed() -> None:
    response = await get("term=a&" + "&".join(f"a{at}=" for at in range(MAX_FAULTS)))
    assert len(faults(response)) == MAX_FAULTS
    assert "more" not in problem(response)["detail"]


async def test_a_term_that_is_not_utf_8_is_named_so() -> None:
    found = problem(await get("term=%FFada"))
    assert (found["status"], found["type"]) == (422, "urn:wiki-digest:bad-term")
    assert found["detail"].startswith("the term is not UTF-8")


async def test_many_remembered_terms_are_little_work() -> None:
    """They take no slot."""
    response = await post(TERMS % b",".join(b'"term %d"' % at for at in range(MAX_TERMS)))
    assert response.status_code == 200


async def test_a_query_over_the_limit_is_414() -> None:
    fits = "term=a&term=" + "a" * (MAX_QUERY_BYTES - 12)
    assert problem(await get(fits))["type"] == "urn:wiki-digest:bad-term"
    assert problem(await get(fits + "a"))["status"] == 414
