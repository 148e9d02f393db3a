import pytest

from app.stages.english import refers_back, talks_of_page
from tests.support.work import within


@pytest.mark.parametrize(
    "sentence",
    [
        "She was born in London.",
        "These were sold in 1901.",
        "However, the bridge was never built.",
        "In addition, the harbour froze.",
        "Another was found in Peru.",
        "Such a ring has no zero divisors.",
        "The latter is a museum today.",
        "The following year the mill burnt down.",
        "The two met in Vienna.",
        "Six hours later, the ship sank.",
        "Two years later the mill burnt down.",
        "In 1915, in Berlin, he finished the theory.",
        "At that time the town had no walls.",
        "During the war she worked as a nurse.",
        "One of these was a bakery.",
        "According to her, the mill was new.",
        "Following this, the harbour froze.",
        "Having lost, they went home.",
        "Born in Lima, she moved to Quito.",
        "Once there, the crew rested.",
        "Until then, coal was cheap.",
        "From then on, trade grew.",
        "There, the army rested.",
        "Luckily, nobody was hurt.",
        "Thirdly, the roof leaks.",
        "None of those survive.",
        "Together they built a mill.",
        "Each is made of wood.",
        "The third was sold.",
        "Elsewhere, the wall stands.",
    ],
)
def test_a_sentence_that_begins_with_a_reference_refers_back(sentence: str) -> None:
    assert refers_back(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Ada Lovelace was a mathematician, and she wrote notes.",
        "Theatre was his life.",
        "Itasca is a lake.",
        "In mathematics, a ring is a set with two operations.",
        "There are three kinds of quoll.",
        "The two species of panda live in China.",
        "Sicily, an island of Italy, is warm.",
        "Historically, the town belonged to Norway.",
        "Each year a fair is held in the town.",
        "The second bridge was built of steel.",
        "There are no trees on the island.",
        "So-called dwarf planets are round.",
        "As of 2010, the town had 500 inhabitants.",
    ],
)
def test_a_sentence_that_names_its_topic_does_not_refer_back(sentence: str) -> None:
    assert not refers_back(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This is a list of anthropologists.",
        "This is an incomplete list of rivers in Alaska.",
        "The following is a list of the bridges of Kyoto.",
        "List of the bridges of Kyoto.",
        "A list of rivers is given below.",
        "In this article the river is described.",
        "These three lines are all that there is.",
        "Mercury may refer to several things.",
        "For other uses, see Mercury.",
        "See also the history of Kyoto.",
        "Main article: History of Kyoto.",
        "The table below shows the population.",
        "Ada redirects here.",
        "You can help by adding to it.",
        "This moss-related article is a stub.",
        "The list is incomplete.",
    ],
)
def test_a_sentence_about_the_page_is_recognised(sentence: str) -> None:
    assert talks_of_page(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Kyoto is a city in Japan.",
        "His list of works is long.",
        "Seeds fall below the tree.",
        "The temperature fell below zero this winter.",
        "Jimmy Page played on this stage.",
        "The term can refer to any of three birds.",
    ],
)
def test_a_sentence_about_the_topic_is_not_about_the_page(sentence: str) -> None:
    assert not talks_of_page(sentence)


@pytest.mark.parametrize("piece", ["this ", "in the ", "the following is ", "for see", "may also "])
def test_hostile_sentences_take_linear_time(piece: str) -> None:
    with within(60):
        talks_of_page(piece * 20_000)
        refers_back(piece * 20_000)
