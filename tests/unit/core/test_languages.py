import pytest

from app.core import languages
from app.core.languages import UNDETERMINED, identifier, language_of, reads
from app.sources.corpus import FOLDER

TEXTS = {
    "ar": "القاهرة عاصمة جمهورية مصر العربية وأكبر مدنها من حيث عدد السكان والمساحة.",
    "cs": "Praha je hlavní a současně největší město České republiky. Leží na řece Vltavě.",
    "de": "Die Donau ist ein großer Fluss in Europa. Sie fließt durch zehn Länder ins Meer.",
    "el": "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας και η μεγαλύτερη πόλη της χώρας.",
    "es": "El río nace en las montañas y desemboca en el mar después de cruzar tres países.",
    "fi": "Joki on maan pisin, ja sen varrella on monta kaupunkia, joissa asuu paljon ihmisiä.",
    "fr": "La ville est connue pour ses ponts, ses musées et ses marchés, qui sont très anciens.",
    "he": "ירושלים היא עיר הבירה של ישראל והעיר הגדולה ביותר בה.",
    "hi": "ताज महल भारत के आगरा शहर में स्थित एक मकबरा है। इसका निर्माण शाहजहाँ ने करवाया था।",
    "hu": "A város az ország fővárosa, és a folyó két partján fekszik, sok híddal és fürdővel.",
    "id": "Kota ini adalah ibu kota negara dan terletak di pantai utara pulau yang sangat padat.",
    "it": "La città si trova sulla costa ed è famosa per il suo porto e per le chiese antiche.",
    "ja": "京都は日本の都市である。The New York Times に 京都 の 記事 が 載った。",
    "ko": "서울은 대한민국의 수도이자 가장 큰 도시이다. 한강이 도시를 가로지른다.",
    "nl": "De stad ligt aan de rivier en is bekend om haar grachten, bruggen en oude huizen.",
    "pl": "Miasto leży nad rzeką i jest znane z zamku, rynku oraz wielu starych kościołów.",
    "ru": "Москва — столица России, расположена на реке и является крупнейшим городом страны.",
    "sv": "Staden ligger vid kusten och är känd för sina broar, sina museer och sin hamn.",
    "th": "กรุงเทพมหานครเป็นเมืองหลวงและนครที่มีประชากรมากที่สุดของประเทศไทย",
    "tr": "Şehir, ülkenin en kalabalık kentidir ve denizin iki yakasında yer almaktadır.",
    "uk": "Київ є столицею України, він розташований на річці й має багато старих церков.",
    "ur": "لاہور پاکستان کا دوسرا بڑا شہر ہے اور اس کی تاریخ بہت پرانی ہے۔",
    "vi": "Hà Nội là thủ đô của Việt Nam và là thành phố có diện tích lớn nhất cả nước.",
    "zh": "北京是中华人民共和国的首都,也是全国的政治和文化中心,有三千多年的历史。",
}
UNIDENTIFIED = {
    "chr": "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᏂᏴᏫᏯ ᎤᏂᏬᏂᎯᏍᏗ ᎠᎴ ᏣᎳᎩᎯ ᎠᏰᎵ",
    "dv": "ދިވެހި ބަހަކީ ދިވެހިރާއްޖޭގެ",
    "got": "𐌲𐌿𐍄𐌹𐍃𐌺𐌰 𐍂𐌰𐌶𐌳𐌰 𐌹𐍃𐍄",
    "nqo": "ߒߞߏ ߦߋ߫ ߛߓߍߛߎ߲ ߘߏ߫ ߟߋ߬ ߘߌ߫ ߡߍ߲ ߠߊߘߊ߲߫ ߘߊ߫",
    "sat": "ᱥᱟᱱᱛᱟᱲᱤ ᱯᱟᱹᱨᱥᱤ ᱫᱚ",
    "syc": "ܠܫܢܐ ܣܘܪܝܝܐ ܐܝܬܘܗܝ ܠܫܢܐ ܫܡܝܐ ܡܢ ܓܒܐ ܡܥܪܒܝܐ",
}
ENGLISH = "The river rises in the mountains and flows through three countries into the sea."


@pytest.mark.parametrize(("language", "text"), TEXTS.items(), ids=TEXTS)
def test_a_text_shows_its_language(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("黄河是中国第二长河。", "zh"),
        ("香港係一個城市。", "zh"),
        ("བོད་ནི་ས་ཆ་ཞིག་ཡིན། ལྷ་ས་ནི་བོད་ཀྱི་རྒྱལ་ས་ཡིན།", "bo"),
    ],
)
def test_a_relative_in_the_same_script_is_taken_for_the_larger_language(
    text: str, expected: str
) -> None:
    assert language_of(text) == expected


@pytest.fixture
def identifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The samples that the identifier reads."""
    seen: list[str] = []
    rank = identifier().rank

    class Recorded:
        def rank(self, sample: str) -> object:
            seen.append(sample)
            return rank(sample)

    monkeypatch.setattr(languages, "identifier", Recorded)
    return seen


def test_plain_english_needs_no_identifier(identifications: list[str]) -> None:
    text = f"{ENGLISH} {ENGLISH}"

    assert language_of(text) == "en"
    assert identifications == []
    assert language_of(text, "de") == "en"
    assert len(identifications) == 1


@pytest.mark.parametrize("language", [one for one in TEXTS if one != "en"])
def test_only_english_is_plainly_english(identifications: list[str], language: str) -> None:
    assert language_of(f"{TEXTS[language]} {TEXTS[language]} The Lord of the Rings.") == language
    assert len(identifications) == 1


@pytest.mark.parametrize("declared", ["de", "ja", "zh-hant", "no"])
def test_english_is_found_where_another_language_is_declared(declared: str) -> None:
    assert language_of(ENGLISH, declared) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1912",
        "Ludwig van Beethoven",
        "1. FC Köln, Borussia Dortmund, FC Bayern München, Hertha BSC, VfB Stuttgart",
        "São Paulo, Rio de Janeiro, Belo Horizonte, Porto Alegre, Recife, Fortaleza",
        "Μέγας Ἀλέξανδρος (Alexander the Great) was a king of the ancient kingdom of Macedon.",
        "Igor Stravinsky (Игорь Фёдорович Стравинский) was a composer and a conductor.",
        "The Cherokee language (ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ, Tsalagi) is spoken in the east of the country.",
        "An umlaut (ä, ö, ü) or Straße, Käse and Bäume are seen on German signs in the towns.",
    ],
)
def test_names_and_short_texts_do_not_make_an_article_foreign(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("Byen ligger ved kysten og er kjent for sine broer, sine museer og sin havn.", "nb"),
        ("Grad se nalazi na obali i poznat je po svojim mostovima i starim crkvama.", "sr-latn"),
        ("Beidl is a Stod in Bayern, de wo an da Donau liegt und recht oid is.", "bar"),
        ("香港係一個城市。", "yue"),
        ("རྫོང་ཁ་འདི་ འབྲུག་གི་རྒྱལ་ཡོངས་སྐད་ཡིག་ཨིན།", "dz"),
        ("The city lies on a river. It has many bridges and some very old houses.", "simple"),
        ("北京是中华人民共和国的首都,也是全国的政治和文化中心。", "zh-hans"),
    ],
)
def test_a_declared_language_holds_if_the_text_may_be_in_it(text: str, declared: str) -> None:
    """Its relatives look alike, and some languages are not known to the identifier."""
    assert language_of(text, declared) == declared


@pytest.mark.parametrize(("declared", "text"), UNIDENTIFIED.items(), ids=UNIDENTIFIED)
def test_the_language_of_an_unknown_script_is_undetermined_unless_it_is_declared(
    declared: str, text: str
) -> None:
    assert [language_of(text, one) for one in ("en", "ja")] == [UNDETERMINED] * 2
    assert language_of(text, declared) == declared


def test_letters_of_formulas_tell_no_language() -> None:
    assert language_of("ℝ ∞ 𝔸𝔹ℂ") == "en"


def test_every_bundled_article_is_english() -> None:
    texts = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.txt")}
    assert {title for title, text in texts.items() if language_of(text) != "en"} == set()


@pytest.mark.parametrize(
    ("languages", "language", "expected"),
    [
        (["en"], "en", True),
        (["en"], "en-gb", True),
        (["EN-us"], "simple", True),
        (["en"], "ja", False),
        (["no"], "nb", True),
        (["de", "fr"], "fr", True),
        (["multilingual"], "ja", True),
        ([], "ja", True),
    ],
)
def test_a_model_reads_its_languages(
    languages: list[str], language: str, *, expected: bool
) -> None:
    """One that states none may read any."""
    assert reads(languages, language) is expected
