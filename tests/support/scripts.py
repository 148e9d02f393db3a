"""Texts in many scripts, and pieces of them mixed at random."""

import random

SAMPLES = {
    "en": "Ada Lovelace met Dr. Lee (b. 1815) in St. Louis. “Why?” she asked. It cost £3.5!",
    "de": "Am 3. Mai kam z. B. Jürgen Groß. „Was?“ fragte er. Straße und Öl.",
    "ru": "Он родился в 1900 г. в Москве. А. С. Пушкин — поэт.",
    "el": "Η Αθήνα είναι πόλη. Τι είναι; Όχι.",
    "ja": "京都は日本の都市である。「何だ？」と彼は言った。スーパーマリオ！古い寺院。",
    "zh": "北京是中国的首都。他说：“你好。”这是真的吗？約３．５倍。",
    "ko": "서울은 대한민국의 수도이다. 정말? 네.",
    "hi": "ताज महल भारत के आगरा शहर में है। क्या यह है? डॉ. राम आए।",
    "ur": "لاہور پاکستان کا شہر ہے۔ کیا یہ ہے؟ ہاں۔",
    "he": 'ירושלים היא עיר. ד"ר כהן בא.',
    "th": "กรุงเทพมหานครเป็นเมืองหลวง มีประชากรต่าง ๆ มากกว่าเมืองอื่น",
    "km": "ភ្នំពេញ ជារាជធានី។ វាធំ។",
    "my": "ရန်ကုန်မြို့သည်၊ မြို့ကြီးဖြစ်သည်။ ကြီးသည်။",
    "bo": "ལྷ་ས་ནི་བོད་ཀྱི་རྒྱལ་ས་ཡིན། དེ་ཆེན་པོ་རེད། །",
    "hy": "Երևանը մայրաքաղաքն է։ Այն մեծ է։",
    "am": "አዲስ አበባ ዋና ከተማ ናት። ትልቅ ናት፧",
    "ta": "சென்னை ஒரு நகரம். அது பெரியது.",
}
ODD = [
    "\ue000\ue001",  # case marks of the embedded models
    "👨\u200d👩\u200d👧 🇫🇷 ❤\ufe0f",
    "Jose\u0301 A\u0301lvarez \u0301",
    "\ud83d \udc00",
    "a\u200bb\u00adc\u200e\ufeff",
    "𝔘𝔫𝔦 𐍈 ﬁ Ⅷ ½ İ ß",
    "\x00\x1c\x85\u2028\u3000",
    "…!?\u2047.\u201d)\u300d",
    "{\\displaystyle x^{2}}",
]


def scraps(chance: random.Random, length: int) -> str:
    """A text of about `length` characters: cut from samples of many scripts, and odd characters."""
    parts: list[str] = []
    size = 0
    while size < length:
        source = chance.choice([*SAMPLES.values(), *ODD])
        start = chance.randrange(len(source))
        part = source[start : start + chance.randrange(1, 60)] * chance.choice([1, 1, 1, 9])
        parts += [part, chance.choice([" ", " ", "", "\n", "\n\n", "\u00a0"])]
        size += len(part)
    return "".join(parts)
