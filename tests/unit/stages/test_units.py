import pytest

from app.stages.mentions import Mention
from app.stages.units import drafts
from tests.support.marked import marked


def drafted(source: str) -> list[str]:
    """The text of each draft."""
    text, found = marked(source)
    return [text[one.start : one.end] for one in drafts(text, found)]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("AT[&T|ORG] rang", ["AT&T"]),
        ("[AT|ORG]&T rang", ["AT&T"]),
        ("[H]&[M]", ["H&M"]),
        ("Texas [A|ORG]&M", ["A&M"]),
        ("[AC|ORG]/[DC|ORG] played", ["AC/DC"]),
        ("[AC|ORG]/DC's tour", ["AC/DC"]),
        ("[UK|LOC]/[US|LOC] talks", ["UK", "US"]),
        ("[UN|ORG]/[EU|ORG] talks of the [UN|ORG]", ["UN", "EU", "UN"]),
        ("[Ada]/[Charles]", ["Ada", "Charles"]),
        ("O'[Brien] spoke", ["O'Brien"]),
        ("[Ca]$h sang", ["Ca$h"]),
        ("[US|LOC]$100", ["US"]),
        ("[Xi]'an is old", ["Xi'an"]),
        ("[Hawai'|LOC]i is old", ["Hawai'i"]),
        ("d'[Artagnan] fought", ["Artagnan"]),
        ("[Ankara|LOC]'da, in [Ankara|LOC]", ["Ankara", "Ankara"]),
        ("[Ada]'ll come", ["Ada"]),
        ("[Ada'll] come", ["Ada"]),
        ("[Ada]\u02bcs notes", ["Ada"]),
        ("Women['s Hospital|ORG] opened", ["Women's Hospital"]),
        ("women['s Hospital|ORG] opened", [" Hospital"]),
        ("[Women|ORG]'[s Hospital|ORG] opened", ["Women's Hospital"]),
        ("a city['s|ORG] mayor", []),
        ("[Jean]-[Luc]", ["Jean", "Luc"]),
    ],
)
def test_a_word_with_signs_is_whole(source: str, names: list[str]) -> None:
    assert drafted(source) == names


@pytest.mark.parametrize(
    ("source", "marked_s"),
    [("[Macy's|ORG] is", 2), ("[Macy|ORG]'[s|ORG] is", 1), ("[Macy|ORG]'s is", 0)],
)
def test_a_draft_says_whether_its_s_was_marked(source: str, marked_s: int) -> None:
    (draft,) = drafts(*marked(source))
    assert (draft.marked, draft.unit is not None) == (marked_s, True)


def test_pieces_vote_on_the_type_by_their_length() -> None:
    (draft,) = drafts("AC/DC", [Mention(0, 2, "MISC", 0.5), Mention(3, 5, "ORG", 0.8)])
    mention = draft.mention()
    assert mention[:3] == (0, 5, "ORG")
    assert mention.score == pytest.approx((0.5 * 2 + 0.8 * 2) / 4)


def test_mentions_without_characters_are_left_out() -> None:
    assert drafts("Ada", [Mention(1, 1, "PER", 0.5)]) == []
