import pytest

from app.api.rates import Rate
from app.core.errors import REFUSED_CLIENT, OverShare, TooManyTerms
from tests.support.fakes import FakeStages, application, client_of, problem, with_timeout


def test_terms_over_the_rate_of_a_client_are_refused() -> None:
    rate = Rate(5)
    rate.count("a", 3)
    rate.count("a", 2)
    with pytest.raises(OverShare) as raised:
        rate.count("a", 1)
    assert raised.value.detail == "5 terms of one client are answered in a minute at most"
    assert 12 <= raised.value.retry_after_s <= 72, "a fifth of them no longer counts"
    rate.count("b", 5)


def test_more_terms_have_to_wait_longer() -> None:
    """Those of this minute count less and less in the next: a tenth after six seconds."""
    rate = Rate(10)
    rate.count("a", 10)
    one, all_ten = (refused_for_s(rate, terms) for terms in (1, 10))
    assert 6 <= one <= 66
    assert 53 <= all_ten - one <= 55


def refused_for_s(rate: Rate, terms: int) -> int:
    with pytest.raises(OverShare) as raised:
        rate.count("a", terms)
    return raised.value.retry_after_s


def test_refused_terms_do_not_count() -> None:
    rate = Rate(5)
    rate.count("a", 3)
    with pytest.raises(OverShare):
        rate.count("a", 3)
    rate.count("a", 2)


def test_more_terms_than_the_rate_in_one_request_are_refused_and_do_not_count() -> None:
    rate = Rate(1000)
    with pytest.raises(TooManyTerms) as raised:
        rate.count("a", 1001)
    assert raised.value.detail == (
        "1,001 terms in one request; 1,000 are answered in a minute at most: send fewer at a time"
    )
    rate.count("a", 1000)


def test_no_terms_are_always_admitted() -> None:
    rate = Rate(1)
    rate.count("a", 1)
    rate.count("a", 0)


async def test_a_client_over_its_rate_gets_429_and_others_are_served() -> None:
    api = {"terms_per_minute": 2, "trusted_proxies": 1}
    async with client_of(application(FakeStages(), api=api)) as client:
        for term in ("ada", "babbage"):
            assert (await client.get(f"/v1/digest?term={term}")).status_code == 200
        refused = await with_timeout(client.get("/v1/digest?term=curie"))
        assert problem(refused)["status"] == 429
        assert 30 <= int(refused.headers["retry-after"]) <= 90
        posted = await with_timeout(client.post("/v1/digests", json={"terms": ["curie"]}))
        assert posted.status_code == 429
        cached = await with_timeout(client.get("/v1/digest?term=ada"))
        assert cached.status_code == 200, "cached digests do not count"
        other = {"X-Forwarded-For": "10.0.0.1"}
        assert (await client.get("/v1/digest?term=curie", headers=other)).status_code == 200


async def test_a_post_counts_all_its_terms() -> None:
    async with client_of(application(FakeStages(), api={"terms_per_minute": 12})) as client:
        body = {"terms": [f"term {n}" for n in range(11)]}
        assert (await with_timeout(client.post("/v1/digests", json=body))).status_code == 200
        statuses = [(await client.get(f"/v1/digest?term={n}")).status_code for n in "ab"]
        assert statuses == [200, 429]


async def test_a_post_of_more_terms_than_the_rate_is_refused_for_good() -> None:
    stages = FakeStages()
    async with client_of(application(stages, api={"terms_per_minute": 2})) as client:
        body = {"terms": ["ada", "babbage", "curie"]}
        refused = await with_timeout(client.post("/v1/digests", json=body))
        assert problem(refused)["status"] == 403
        said = "3 terms in one request; 2 are answered in a minute at most: send fewer at a time"
        assert problem(refused)["detail"] == said
        assert "retry-after" not in refused.headers
        assert REFUSED_CLIENT in refused.headers, "HAProxy counts it, as a 429"
        assert stages.sentiment.calls == 0
        fits = await with_timeout(client.post("/v1/digests", json={"terms": ["ada", "babbage"]}))
        assert fits.status_code == 200


async def test_suggestions_do_not_count() -> None:
    async with client_of(application(FakeStages(), api={"terms_per_minute": 1})) as client:
        for start in ("a", "ad", "ada"):
            suggested = await client.get(f"/v1/suggestions?term={start}")
            assert suggested.status_code == 200
        assert (await client.get("/v1/digest?term=ada")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/digest?term=",
        "/v1/digest?trm=ada",
        "/v1/digest?term=ada&x=1",
        "/v1/digest/stream?term=%00",
        "/?serch_term=ada",
        "/?search_term=",
    ],
)
async def test_an_invalid_request_does_not_count(path: str) -> None:
    async with client_of(application(FakeStages(), api={"terms_per_minute": 1})) as client:
        for _ in range(2):
            assert problem(await with_timeout(client.get(path)))["status"] == 422
        assert (await client.get("/v1/digest?term=ada")).status_code == 200


async def test_invalid_terms_of_a_post_do_not_count() -> None:
    async with client_of(application(FakeStages(), api={"terms_per_minute": 1})) as client:
        body = {"terms": ["", "x" * 201, " ada ", "a\0b"]}
        posted = await with_timeout(client.post("/v1/digests", json=body))
        statuses = [(item["problem"] or {}).get("status") for item in posted.json()["items"]]
        assert statuses == [422, 422, None, 422]
        assert (await client.get("/v1/digest?term=babbage")).status_code == 429
