"""Countries and their demonyms: swapped at random in training, and substituted in probes.

The tone of a sentence should not depend on the country. A model trained on EmoBank's sentences,
some of them news headlines of 2007, learns that it does.
"""

import re
from random import Random
from typing import Final

_TABLE: Final = """
Afghanistan Afghan|Albania Albanian|Algeria Algerian|Angola Angolan|Argentina Argentine
Armenia Armenian|Australia Australian|Austria Austrian|Azerbaijan Azerbaijani
Bangladesh Bangladeshi|Belarus Belarusian|Belgium Belgian|Bolivia Bolivian|Bosnia Bosnian
Botswana Botswanan|Brazil Brazilian|Britain British|Bulgaria Bulgarian|Burma Burmese
Cambodia Cambodian|Cameroon Cameroonian|Canada Canadian|Chad Chadian|Chile Chilean|China Chinese
Colombia Colombian|Congo Congolese|Croatia Croatian|Cuba Cuban|Cyprus Cypriot|Denmark Danish
Ecuador Ecuadorian|Egypt Egyptian|England English|Eritrea Eritrean|Estonia Estonian
Ethiopia Ethiopian|Finland Finnish|France French|Gambia Gambian|Georgia Georgian|Germany German
Ghana Ghanaian|Greece Greek|Guatemala Guatemalan|Guinea Guinean|Haiti Haitian|Honduras Honduran
Hungary Hungarian|Iceland Icelandic|India Indian|Indonesia Indonesian|Iran Iranian|Iraq Iraqi
Ireland Irish|Israel Israeli|Italy Italian|Jamaica Jamaican|Japan Japanese|Jordan Jordanian
Kazakhstan Kazakh|Kenya Kenyan|Kosovo Kosovan|Kuwait Kuwaiti|Laos Laotian|Latvia Latvian
Lebanon Lebanese|Liberia Liberian|Libya Libyan|Lithuania Lithuanian|Luxembourg Luxembourgish
Malawi Malawian|Malaysia Malaysian|Mali Malian|Malta Maltese|Mexico Mexican|Moldova Moldovan
Mongolia Mongolian|Morocco Moroccan|Mozambique Mozambican|Myanmar Burmese|Namibia Namibian
Nepal Nepalese|Nicaragua Nicaraguan|Niger Nigerien|Nigeria Nigerian|Norway Norwegian|Oman Omani
Pakistan Pakistani|Palestine Palestinian|Panama Panamanian|Paraguay Paraguayan|Peru Peruvian
Poland Polish|Portugal Portuguese|Qatar Qatari|Romania Romanian|Russia Russian|Rwanda Rwandan
Scotland Scottish|Senegal Senegalese|Serbia Serbian|Singapore Singaporean|Slovakia Slovak
Slovenia Slovenian|Somalia Somali|Spain Spanish|Sudan Sudanese|Sweden Swedish|Switzerland Swiss
Syria Syrian|Taiwan Taiwanese|Tanzania Tanzanian|Thailand Thai|Tunisia Tunisian|Turkey Turkish
Uganda Ugandan|Ukraine Ukrainian|Uruguay Uruguayan|Uzbekistan Uzbek|Venezuela Venezuelan
Vietnam Vietnamese|Wales Welsh|Yemen Yemeni|Zambia Zambian|Zimbabwe Zimbabwean|America American
"""
PAIRS: Final = tuple(
    (pair.split()[0], pair.split()[1]) for pair in _TABLE.strip().replace("\n", "|").split("|")
)

_NUMBER: Final = {name: at for at, pair in enumerate(PAIRS) for name in pair}
_EXTRA: Final = {"U.S.": "America", "US": "America", "USA": "America", "UK": "Britain"}
_ANY: Final = re.compile(
    r"(?<![\w.])(?:" + "|".join(map(re.escape, [*_EXTRA, *_NUMBER])) + r")(?![\w])"
)

TEMPLATES: Final = (
    "{} is a country.",
    "{} is a country with a long history.",
    "This film was filmed in {}.",
    "The capital of {} is its largest city.",
    "{}, officially the Republic of {}, is a country whose people call it home.",
)
SAMPLE: Final = tuple(name for name, _ in PAIRS[::3])  # every third country, in alphabetical order


def mentions(text: str) -> bool:
    """Whether the text contains the name of a country or a demonym."""
    return _ANY.search(text) is not None


def swap(text: str, rng: Random) -> str:
    """The text with each country replaced by a random one, the same at each occurrence."""
    drawn: dict[int, tuple[str, str]] = {}

    def other(match: re.Match[str]) -> str:
        name = _EXTRA.get(match[0], match[0])
        at = _NUMBER[name]
        pair = drawn.setdefault(at, rng.choice(PAIRS))
        return pair[PAIRS[at].index(name)]

    return _ANY.sub(other, text)
