import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.sentences import is_ended, sentences
from tests.support.scripts import SAMPLES, scraps
from tests.support.work import grows_linearly


def split(text: str, language: str = "en") -> list[str]:
    return [span.text for span in sentences(text, language)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Jeopardy! is a show.",
        "Yum! Brands and E! News are firms, and so is Guess? Inc. of Paris.",
        "He uses Wham! songs while Wham! Forever sells.",
        "Wm. Pitt, Geo. Grosz, Thos. Tallis, Jas. Ensor and Mme. Tussaud met Br. Paul.",
        "The show ends at 9 p.m. PST or 6 a.m. GMT on Monday.",
        "Yahoo! was founded in 1994 by two students.",
        "In 2004 Panic! at the Disco was formed.",
        "Guess Who? is a board game.",
        "Help! (1965) is an album.",
        "It has approx. 5 parts.",
        "It is in vol. 3, ch. 7, of approx. 900 pages.",
        "He lived in St. Louis, near Mt. Hood and Ft. Worth.",
        "It was No. 5 of the U.S. Army.",
        "Dr. J. R. R. Tolkien (b. 1950) was c. 1500 m away.",
        "It has parts, e.g. x, i.e. y vs. zero.",
        "It is shown in Fig. 3, pp. 3-5.",
        "It costs 3.5 million ... or more.",
        "Well… maybe not.",
        "He said “Go! Now.” and left.",
        'He said "Go. Now." and left.',
        "He (see Fig. 3.) left.",
        "Acme Corp. and Foo Ltd. merged with Smith Jr. and others.",
        "He was born ca. 1800 in Washington, D.C. as a son of Gen. Lee.",
    ],
)
def test_a_sentence_goes_on_after_an_abbreviation_a_title_or_a_quote(sentence: str) -> None:
    text = f"It began. {sentence} It ended."
    assert split(text) == ["It began.", sentence, "It ended."]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "He is in the U.S.| She is not."),
        ("en", "He left at 5 p.m.| She left."),
        ("en", "(He left.)| She stayed."),
        ("en", "He asked 'Why?'| Then he left."),
        ("en", 'It is 5\' 10" tall.| He said "Go."| Then he left.'),
        ("en", "He bought it.| eBay grew."),
        ("en", "He was 25.| She was 5.| 10 were there."),
        ("en", "The wall is long (40 m).| It is 7 m.| The wood is dry."),
        ("en", 'It has a root x.| Then g(x).| Let it be ⟨y⟩.| (It is b.)| Its sign is "z".| No.'),
        ("en", "He used Yahoo! mail.| He left Yahoo!| The firm fell.| Help!| Nobody came."),
        ("de", "Die Mauer (9 m).| Das Tor."),
        ("tr", "Kent M.Ö. 300 yılında kuruldu.| O büyük."),
        ("de", "Am 3. Mai kam z. B. Ada.| Die 2. Liga begann 1990.| Das war ca. 1990."),
        ("de", "„Was?“ fragte er.| „Nichts.“| Er ging."),
        (
            "fr",
            "M. Dupont est là.| Il est parti !| « Oui. »| Puis il part.| Il dit : « Non. »| Oui.",
        ),
        ("es", "¿Qué es?| ¡Hola!| Es el Sr. López."),
        ("ru", "Он родился в 1900 г. в г. Москве.| А. С. Пушкин — поэт."),
        ("ru", "Стена (5 м).| Она родилась 3 сент. 1901 г. в Туле.| На рис. 2 видно.| Да."),
        ("ru", "«Где она?» — спросил он.| Она ушла."),
        ("gu", "તે શહેર છે.| તે મોટું છે."),
        ("ta", "இது கி.மு. 200 முதல் உள்ளது.| அது நகரம்."),
        ("mr", "ते इ.स. १८०० मध्ये होते.| तो इ.पू. काळ होता."),
        ("fa", "شهر در ق.م. ساخته شد.| آن بزرگ است."),
        ("am", "አዲስ አበባ ከተማ ናት፡፡| ትልቅ ናት፡፡"),
        ("ka", "ი. ჭავჭავაძე პოეტია.| ის დიდია."),
        ("ja", "京都は日本の都市である。|人口は約百四十万人である。|「何だ？」と彼は言った。"),
        (
            "ja",
            "「行こう。」|彼は去った。|「行け。」と言った。|けいおん！は漫画である。|古い!|寺院。",
        ),
        ("zh", "北京是中国的首都。|这是真的吗？|“为什么？”他问。|他说：“你好。”|然后走了。"),
        ("zh", "約３．５倍。|是．|不是。"),
        ("hi", "ताज महल आगरा में है।| क्या यह है?| डॉ. राम आए।| हाँ॥"),
        ("ur", "لاہور پاکستان کا شہر ہے۔| کیا یہ ہے؟| ہاں۔"),
        ("ar", "مرحبا.| كيف حالك؟| هذا م. أحمد."),
        ("hy", "Երևանը մայրաքաղաքն է։| Այն մեծ է:| Այո։"),
        ("am", "አዲስ አበባ ዋና ከተማ ናት።| ትልቅ ናት፧| አዎ።"),
        ("km", "ភ្នំពេញ ជារាជធានី។| វាធំ។| បាទ៕"),
        ("my", "ရန်ကုန်မြို့သည်၊ မြို့ကြီးဖြစ်သည်။| ကြီးသည်။"),
        ("bo", "ལྷ་ས་ནི་བོད་ཀྱི་རྒྱལ་ས་ཡིན།| དེ་ཆེན་པོ་རེད། །"),
        ("el", "Η Αθήνα είναι πόλη.| Τι είναι;| Όχι."),
        ("th", "กรุงเทพมหานครเป็นเมืองหลวง| มีประชากรต่าง ๆ มากกว่าเมืองอื่น| เกิด พ.ศ. 2500 ที่นี่"),
        ("ko", "서울은 대한민국의 수도이다.| 정말?| 네."),
        ("he", 'ירושלים היא עיר.| ד"ר כהן בא.'),
        ("ka", "თბილისი ქალაქია.| ის დიდია."),
    ],
)
@pytest.mark.parametrize("given_as", ["itself", "en", "ja"])
def test_the_script_decides_where_sentences_end(language: str, text: str, given_as: str) -> None:
    """The language of an article may be wrong; only for Latin texts does it matter."""
    latin = language in {"en", "de", "fr", "es", "tr"}
    code = language if given_as == "itself" or latin else given_as
    expected = [part.strip() for part in text.split("|")]
    assert split(text.replace("|", ""), code) == expected


def test_a_line_break_ends_a_sentence() -> None:
    assert split("One\ntwo\r\nthree\u2028four") == ["One", "two", "three", "four"]


@pytest.mark.parametrize(
    "text",
    [
        *["One.", "One?!", "One…", 'One."', "One.)", "One. ", "Was?“", "Oui. »", "Yahoo!"],
        *["一。」", "एक।", "ایک۔", "մեկ։", "አንድ።", "ένα;", "มีประชากรมาก"],
    ],
)
def test_a_sentence_is_ended_by_the_marks_of_every_script(text: str) -> None:
    assert is_ended(text)


@pytest.mark.parametrize("text", ["", "Title", "a, b,", "京都", "1895", "one;", "See also:"])
def test_a_heading_is_not_ended(text: str) -> None:
    assert not is_ended(text)


def assert_true_places(text: str, language: str) -> None:
    spans = list(sentences(text, language))
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert all(span.text == span.text.strip() != "" for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert "".join("".join(span.text.split()) for span in spans) == "".join(text.split())


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("language", ["en", "ja", "xx"])
def test_places_are_true_in_long_texts_of_many_scripts(seed: int, language: str) -> None:
    chance = random.Random(seed)
    assert_true_places(scraps(chance, 20_000), language)


@pytest.mark.parametrize("language", SAMPLES)
def test_places_are_true_in_each_script(language: str) -> None:
    assert_true_places(SAMPLES[language] * 40, language)


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet=st.characters()), st.sampled_from(["en", "hi", "th"]))
def test_places_are_true_with_every_character(text: str, language: str) -> None:
    """Lone surrogates included."""
    assert_true_places(text, language)


@pytest.mark.parametrize(
    "unit",
    [
        "(",
        "“",
        '"',
        "'",
        "。「",
        "a. ",
        "A. b",
        "1. ",
        "!",
        "?!",
        "α;",
        ".)",
        "ก ",
        "\n",
        "!」",
        "A! b",
        "፡፡",
        "x. A",
        ". ",
    ],
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    assert grows_linearly(unit, lambda text: list(sentences(text)))
