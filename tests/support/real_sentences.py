"""Sentences of our own in eleven languages, with slots, and the names that fill the slots."""

from typing import Final, NamedTuple


class Phrases(NamedTuple):
    """A language's sentences with the slots person, place and year, and names for them."""

    joint: str
    """what stands between two sentences"""
    heading: str
    persons: tuple[str, ...]
    places: tuple[str, ...]
    sentences: tuple[str, ...]


ENGLISH: Final = Phrases(
    " ",
    "History",
    (
        "Maren Oakhill",
        "Tobias Fernsby",
        "Ilse van der Molen",
        "J. R. Aldous",
        "José Ibarrola",
        "Noe\u0308mie Gagne\u0301",
        "Nguyễn Thị Sáu",
        "Siobhán O'Dwyer",
        "Dr. Ruth Ekwueme",
        "Anders Åkerblom Jr.",
        "Marie Duval",
        "Marie Kessler",
    ),
    (
        "Velmark",
        "Port Hesper",
        "St. Brannoc's",
        "São Tomás",
        "Łęczno",
        "New Arden",
        "Kōzan",
        "the Orrin Valley",
    ),
    (
        "{person} opened the first observatory of {place} in {year} with the help of two sisters.",
        "The council of {place} bought the land from {person} for approx. 1,200 crowns in {year}.",
        "In {year} the harbour of {place} was widened, and ships of 3.5 m draught could enter it.",
        "{person}'s letters to {other} are kept in the library of {place}.",
        "He then left for {place}, where {person} had founded a school of navigation.",
        "This was the last map that {person} drew before the railway reached {place}.",
        '"Nobody who has seen {place} at dawn forgets it," {person} wrote to {other} in {year}.',
        "The Meridian Society, which {person} led until {year}, measured the road to {place}.",
        "They met again in {place} in {year}; {surname} was by then a member of the Lantern Party.",
        "{surname} and {other} published The Salt Almanac, a yearly table of tides and winds.",
        "McAllister's of {place} and the firm Brandt & Sons built the dome for {surname}.",
        "Is {place} the oldest port of the coast? {person} doubted it as early as {year}.",
        "The U.S. survey of {year} counted 4,310 people in {place}, i.e. twice as many as before.",
        "Its lamp (a gift of {person}) burned oil until {year}, when {place} laid a cable.",
    ),
)

OTHERS: Final[dict[str, Phrases]] = {
    "ja": Phrases(
        "",
        "歴史",
        ("森本健二", "大川千代", "北見薫"),
        ("青浜", "高瀬町", "白鳥島"),
        (
            "{place}の灯台は{year}年に{person}によって建てられた。",
            "{person}は{place}の漁師の家に生まれ、{year}年に町を離れた。",
            "「海は毎朝ちがう顔を見せる。」と{person}は書いている。",
            "{place}には古い寺が三つあり、{year}年の地図にも載っている。",
            "この港を最初に測ったのは誰だろうか？",
            "The Salt Almanac は {year} 年 に {place} で 印刷 された。",
        ),
    ),
    "zh": Phrases(
        "",
        "历史",
        ("林若水", "陈启明", "赵远山"),
        ("青石港", "云岭县", "白沙洲"),
        (
            "{person}于{year}年在{place}修建了第一座灯塔。",
            "{place}位于河口北岸，居民多以捕鱼为生。",
            "“潮水从不等人”，{person}在{year}年的信中写道。",
            "{person}后来离开{place}，再也没有回来！",
            "{year}年的地图上已经标出了{place}的码头。",
        ),
    ),
    "hi": Phrases(
        " ",
        "इतिहास",
        ("रमेश चतुर्वेदी", "मीरा देशपांडे", "अशोक वर्मा"),
        ("नीलगढ़", "सोनपुर", "तारानगर"),
        (
            "{person} ने सन {year} में {place} में पहली वेधशाला बनवाई।",
            "{place} नदी के किनारे बसा एक पुराना नगर है।",
            "क्या {place} इस तट का सबसे पुराना बंदरगाह है?",
            "{person} के पत्र {place} के पुस्तकालय में रखे हैं।",
            "सन {year} की गणना में यहाँ ४,३१० लोग रहते थे।",
        ),
    ),
    "ur": Phrases(
        " ",
        "تاریخ",
        ("سلیم قریشی", "زینب انصاری"),
        ("نیل آباد", "سبز پور"),
        (
            "{person} نے {year} میں {place} میں پہلا مینار بنوایا۔",
            "{place} دریا کے کنارے ایک پرانا شہر ہے۔",
            "کیا {place} اس ساحل کی سب سے پرانی بندرگاہ ہے؟",
            "{person} کے خطوط {place} کے کتب خانے میں محفوظ ہیں۔",
        ),
    ),
    "ar": Phrases(
        " ",
        "التاريخ",
        ("سامي الحداد", "ليلى منصور"),
        ("تل الزيتون", "ميناء الفجر"),
        (
            "بنى {person} أول مرصد في {place} سنة {year}.",
            "تقع مدينة {place} على ضفة النهر، ويعيش أهلها من الصيد.",
            "هل {place} أقدم ميناء على هذا الساحل؟",
            "كتب {person} سنة {year}: «البحر لا ينتظر أحدا».",
        ),
    ),
    "th": Phrases(
        " ",
        "ประวัติ",
        ("สมชาย วงศ์ทอง", "อรุณี ใจงาม"),
        ("บ้านปากน้ำ", "เมืองฟ้าใส"),
        (
            "{person}สร้างหอดูดาวแห่งแรกที่{place}ในปี {year}",
            "{place}เป็นเมืองเก่าริมแม่น้ำที่ชาวบ้านทำประมงเป็นหลัก",
            "จดหมายของ{person}เก็บอยู่ในห้องสมุดของ{place}",
            "แผนที่ปี {year} แสดงท่าเรือของ{place}ไว้แล้ว",
        ),
    ),
    "ru": Phrases(
        " ",
        "История",
        ("Павел Дорохов", "Вера Синицына", "А. П. Журавлёв"),
        ("Белозорск", "Новая Гавань"),
        (
            "{person} открыл первую обсерваторию в городе {place} в {year} году.",
            "Город {place} стоит на берегу реки и живёт рыбной ловлей.",
            "«Море никого не ждёт», — писал {person} в {year} году.",
            "В {year} г. {place} насчитывал 4310 жителей.",
            "Кто первым измерил эту гавань?",
        ),
    ),
    "el": Phrases(
        " ",
        "Ιστορία",
        ("Νίκος Βεργής", "Ελένη Μαράκη"),
        ("Πέτρα Λιμάνι", "Ανεμούσα"),
        (
            "Ο Δήμος {place} έχτισε το πρώτο αστεροσκοπείο το {year} με τη βοήθεια του {person}.",
            "Η πόλη {place} βρίσκεται στην όχθη του ποταμού.",
            "Ποιος μέτρησε πρώτος αυτό το λιμάνι; Το {year} ήταν ήδη στον χάρτη.",
            "Οι επιστολές του {person} φυλάσσονται στη βιβλιοθήκη.",
        ),
    ),
    "he": Phrases(
        " ",
        "היסטוריה",
        ("יואב ברקאי", "תמר אלוני"),
        ("נמל השחר", "גבעת האורן"),
        (
            "{person} בנה את מצפה הכוכבים הראשון ב{place} בשנת {year}.",
            "העיר {place} שוכנת על גדת הנהר ותושביה עוסקים בדיג.",
            "האם {place} היא הנמל העתיק ביותר בחוף הזה?",
            "מכתביו של {person} שמורים בספרייה.",
        ),
    ),
    "am": Phrases(
        " ",
        "ታሪክ",
        ("አበበ ደምሴ", "ሰላም ተስፋዬ"),
        ("አዲስ ወደብ", "ነጭ ሜዳ"),
        (
            "{person} በ{year} ዓ.ም. የመጀመሪያውን ማማ በ{place} ሠራ።",
            "{place} በወንዝ ዳር የምትገኝ ጥንታዊ ከተማ ናት።",
            "ከሁሉም ወደቦች የቆየው የትኛው ነው?",
            "የ{person} ደብዳቤዎች በቤተ መጻሕፍት ተቀምጠዋል።",
        ),
    ),
}
