from app.core.single_flight import SingleFlightCache
from app.metrics import caches
from app.metrics.table import ENTRIES, LOOKUPS
from tests.support.fake_recorder import FakeRecorder


async def make() -> str:
    return "made"


async def test_the_lookups_and_entries_of_a_cache_are_read_by_its_name() -> None:
    recorder = FakeRecorder()
    tones, titles = (SingleFlightCache[str, str](8, 60) for _ in range(2))
    caches.watch(recorder, tones=tones, titles=titles)
    for key in ("a", "a", "b"):
        await tones.get(key, make)
    assert recorder.value(LOOKUPS, "tones", "hit") == 1
    assert recorder.value(LOOKUPS, "tones", "miss") == 2
    assert recorder.value(ENTRIES, "tones") == 2
    assert recorder.value(ENTRIES, "titles") == 0
