import pytest

from app.stages.completions import completed
from tests.support.marked import marked
from tests.support.work import within


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("[Ada Lovelace], Ada [Lovelace]", ["Ada Lovelace", "Ada Lovelace"]),
        ("Ada [Lovelace]. [Ada Lovelace]", ["Ada Lovelace", "Ada Lovelace"]),
        ("[Ada Lovelace], [Ada] Lovelace's", ["Ada Lovelace", "Ada Lovelace"]),
        ("[Ada Lovelace], [Ada] [Lovelace]", ["Ada Lovelace", "Ada Lovelace"]),
        ("[Ada Lovelace], [Ada|LOC] [Lovelace|ORG]", ["Ada Lovelace", "Ada Lovelace"]),
        ("[J. R. R. Tolkien], J. R. R. [Tolkien]", ["J. R. R. Tolkien", "J. R. R. Tolkien"]),
        ("[Ada Lovelace], Bada [Lovelace]", ["Ada Lovelace", "Lovelace"]),
        ("[Ada Lovelace], [Ada] Lovelaces", ["Ada Lovelace", "Ada"]),
        ("[Ada Lovelace], ada [Lovelace]", ["Ada Lovelace", "Lovelace"]),
        ("[Ada Lovelace], [Queen Ada|MISC] [Lovelace]", ["Ada Lovelace", "Queen Ada", "Lovelace"]),
        ("[New York|LOC], New [York|LOC]", ["New York", "York"]),
        (
            "[Ada Byron], [Byron King]; [Ada] Byron [King]",
            ["Ada Byron", "Byron King", "Ada Byron", "King"],
        ),
        ("[Ada]", ["Ada"]),
        ("", []),
    ],
)
def test_a_part_of_a_persons_full_name_is_completed(source: str, names: list[str]) -> None:
    text, found = marked(source)
    assert [text[one.start : one.end] for one in completed(text, found)] == names


def test_many_names_take_little_time() -> None:
    text, found = marked("".join(f"[Ada Smith{at}], Ada [Smith{at}], " for at in range(3_000)))
    with within(100):
        assert len({text[one.start : one.end] for one in completed(text, found)}) == 3_000
