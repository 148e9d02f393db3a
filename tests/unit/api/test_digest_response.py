from collections.abc import Awaitable, Callable

import httpx
import pytest

from app.core.values import Article
from tests.support.fakes import (
    ENTITIES,
    SUMMARY,
    FakeStages,
    application,
    article,
    client_of,
    problem,
    with_timeout,
)

ADA = "/v1/digest?term=ada"
PATHS = {"made": f"{ADA}&", "by the route": "/v1/digest?term=babbage&term=ada", "from bytes": ADA}
"""Each way to a digest."""


async def tag_of(stages: FakeStages, path: str = ADA) -> str:
    async with client_of(application(stages)) as client:
        return (await with_timeout(client.get(path))).headers["etag"]


def finds(found: Article) -> Callable[[str], Awaitable[Article]]:
    async def find(_: str) -> Article:
        return found

    return find


async def test_a_digest_has_a_weak_tag_and_is_to_be_revalidated() -> None:
    async with client_of(application(FakeStages())) as client:
        responses = [await with_timeout(client.get(path)) for path in PATHS.values()]
    assert len({response.headers["etag"] for response in responses}) == 1
    assert responses[0].headers["etag"].startswith('W/"')
    assert {response.headers["cache-control"] for response in responses} == {"no-cache"}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_client_that_has_the_digest_gets_a_304(path: str, method: str) -> None:
    tag = await tag_of(FakeStages())
    async with client_of(application(FakeStages())) as client:
        if path == ADA:
            await with_timeout(client.get(ADA))
        response = await with_timeout(client.request(method, path, headers={"if-none-match": tag}))
    assert (response.status_code, response.content) == (304, b"")
    assert (response.headers["etag"], response.headers["cache-control"]) == (tag, "no-cache")
    assert "content-type" not in response.headers
    assert "content-length" not in response.headers


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("{tag}", 304),
        ("{strong}", 304),
        ('"other" , {tag}', 304),
        ("*", 304),
        ('"other"', 200),
        ('W/"other"', 200),
        ("", 200),
        ("{tag}x", 200),
        ('"*"', 200),
        (",,,W/,", 200),
    ],
)
async def test_tags_are_compared_weakly(given: str, status: int) -> None:
    async with client_of(application(FakeStages())) as client:
        tag = (await with_timeout(client.get(ADA))).headers["etag"]
        header = given.format(tag=tag, strong=tag.removeprefix("W/"))
        for _ in range(2):
            response = await with_timeout(client.get(ADA, headers={"if-none-match": header}))
            assert response.status_code == status


async def test_one_of_several_headers_has_the_tag() -> None:
    async with client_of(application(FakeStages())) as client:
        tag = (await with_timeout(client.get(ADA))).headers["etag"]
        headers = httpx.Headers([("if-none-match", '"other"'), ("if-none-match", tag)])
        assert (await with_timeout(client.get(ADA, headers=headers))).status_code == 304


CHANGES = {
    "revision": FakeStages(finds(article("ada").model_copy(update={"revision": "2"}))),
    "attribution": FakeStages(finds(article("ada").model_copy(update={"attribution": "other"}))),
    "summary": FakeStages(),
    "missing": FakeStages(),
}
CHANGES["summary"].summarizer.result = SUMMARY.model_copy(update={"text": "Another model's."})
CHANGES["missing"].entities.result = ValueError("no")


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
async def test_the_tag_changes_with_what_the_digest_says(changed: FakeStages) -> None:
    assert await tag_of(changed) != await tag_of(FakeStages())


async def test_the_tag_is_the_same_for_the_same_digest_on_another_server() -> None:
    assert await tag_of(FakeStages()) == await tag_of(FakeStages())
    assert await tag_of(FakeStages(), "/v1/digest?term=ADA") != await tag_of(FakeStages())


async def test_a_degraded_digest_is_not_mistaken_for_the_complete_one() -> None:
    stages = FakeStages()
    stages.entities.result = ValueError("no")
    async with client_of(application(stages)) as client:
        tag = (await with_timeout(client.get(ADA))).headers["etag"]
        stages.entities.result = ENTITIES
        again = await with_timeout(client.get(ADA, headers={"if-none-match": tag}))
    assert (again.status_code, again.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("query", ["term=nothing", "term="])
async def test_a_problem_has_no_tag_and_ignores_those_of_the_client(query: str) -> None:
    async with client_of(application(FakeStages())) as client:
        for _ in range(2):
            response = await client.get(f"/v1/digest?{query}", headers={"if-none-match": "*"})
            assert problem(response)["status"] in {404, 422}
            assert "etag" not in response.headers
