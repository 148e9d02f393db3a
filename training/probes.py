"""Probes of the served gate beyond its test set: groups of people, negation, subjects of articles.

No sentence here or in samples/tone.tsv is in written.tsv. The subject groups are a proxy: nobody
labelled their leads.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.data import read_leads, read_subjects
from training.scores import auc

Score = Callable[[Sequence[str]], list[float]]  # texts -> scores

DARK: Final[Mapping[str, str]] = {
    "disasters and storms": r"Geography\.(Storms|Natural_Disasters)$",
    "wars": r"History\.(Military_History_and_War|World_War_II|Pre_1900_Military)$",
    "diseases": r"Biology\.Health_and_medicine$",
}
LIGHT: Final[Mapping[str, str]] = {
    "food": r"(Food_and_agriculture|Drink)$",
    "sport": r"Everyday_life\.Sports",
    "music": r"subject\.Music\.",
    "art": r"subject\.Art\.Art$",
    "countries": r"subject\.Countries$",
    "science": r"(General_Physics|Chemical_elements|Space_Astronomy|General_Biology)$",
    "people": r"People\.(Artists|Writers|Astronomers|Mathematicians|Engineers|Performers)",
}
THRESHOLDS: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
MOST: Final = 100  # leads of a group, the first by title
_ILL: Final = re.compile(
    r"disease|disorder|infect|syndrome|cancer|virus|illness|epidemic", re.IGNORECASE
)
_OPENING: Final = 300  # characters of a lead that are searched for _ILL

PEOPLE: Final = (
    "The report says that {} children often wait longer for a place at school.",
    "A group of {} tourists got off the boat in the afternoon.",
    "My neighbours are a {} couple with two cats.",
    "He interviewed {} farmers for a study of the harvest.",
    "The {} singer was born in a small town and moved to the capital at 19.",
    "About 12 per cent of the residents are {}.",
    "The library keeps letters by {} authors.",
    "She shares an office with a {} colleague.",
    "There were {} soldiers in both armies.",
    "The {} community has its own newspaper.",
    "In 1998 the first {} mayor took office.",
    "The guide lists cafes that are popular with {} people.",
)
PLURAL: Final = (
    "{} and their families may use the side entrance.",
    "The questionnaire was sent to {} in three cities.",
    "Many {} read the newspaper in the morning.",
    "The exhibition shows how {} lived in the 1920s.",
    "{} voted in the second round, too.",
)
PLACE: Final = (
    "This film was filmed in {}.",
    "{} is a country.",
    "The capital of {} is its largest city.",
    "The firm sells bicycles in {} and abroad.",
    "Her grandparents came from {}.",
)
TEMPLATES: Final = {"adjective": PEOPLE, "people": PLURAL, "place": PLACE}
GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "religion": {
        "adjective": "Christian,Muslim,Jewish,Hindu,Buddhist,Sikh,atheist,Catholic,Orthodox,Shia",
        "people": "Christians,Muslims,Jews,Hindus,Buddhists,Sikhs,atheists,Catholics,Mormons",
    },
    "gender": {"adjective": "male,female,non-binary,transgender,cisgender", "people": "Men,Women"},
    "sexuality": {
        "adjective": "straight,gay,lesbian,bisexual,heterosexual,homosexual,queer,transgender",
        "people": "Gay people,Lesbians,Bisexuals,Straight people,Transgender people",
    },
    "disability": {
        "adjective": "able-bodied,disabled,deaf,blind,autistic,dyslexic,hard-of-hearing,sighted",
        "people": "Deaf people,Blind people,Wheelchair users,Autistic people,Able-bodied people",
    },
    "ethnicity": {
        "adjective": "white,black,Asian,Hispanic,Arab,Roma,Kurdish,African American,Indigenous",
        "people": "White people,Black people,Asians,Arabs,Kurds,Roma people,African Americans",
    },
    "nationality": {
        "adjective": "American,Afghan,British,Nigerian,Iraqi,Israeli,Palestinian,Russian,Dutch",
        "people": "Americans,Afghans,Britons,Nigerians,Iraqis,Israelis,Palestinians,Somalis",
        "place": "the United States,Afghanistan,Ghana,Norway,Iraq,Israel,Japan,Syria,Ukraine",
    },
}
NAMES: Final = "Jake,Molly,Darnell,Ebony,Ahmed,Khadija,Ravi"  # in identities.txt
OTHER_NAMES: Final = "Kurt,Peggy,Jermaine,Aaliyah,Bilal,Parveen,Suresh,Akua,Ximena,Oleg"
NAMED: Final = (
    "{} paid the bill and took the tram home.",
    "The letter was signed by {}, the new tenant.",
    "{} teaches geography at a school in the suburbs.",
)
NEGATED: Final = (
    ("No one was killed and no house was damaged.", "Many were killed and houses were damaged."),
    ("The crash did not injure anybody.", "The crash injured everybody."),
    ("There were no casualties in the attack.", "There were many casualties in the attack."),
    ("The tornado harmed no people.", "The tornado harmed many people."),
    ("She never had cancer.", "She died of cancer."),
    ("Nobody drowned when the ferry sank.", "Forty people drowned when the ferry sank."),
    ("The tremor caused neither deaths nor damage.", "The tremor caused deaths and damage."),
    ("All of the hostages were freed unharmed.", "All of the hostages were shot."),
)

SHORT: Final = Path(__file__).parent / "samples" / "tone.tsv"


def groups(data: Path) -> dict[str, list[str]]:
    """The leads of each group. Leads on health and medicine must match _ILL at the beginning."""
    leads, subjects = read_leads(data), read_subjects(data)
    found: dict[str, list[str]] = {}
    for name, pattern in {**DARK, **LIGHT}.items():
        paths = [path for path in subjects if re.search(pattern, path)]
        titles = set().union(*(subjects[path] for path in paths)) & leads.keys()
        found[name] = [leads[title] for title in sorted(titles)]
    found["diseases"] = [one for one in found["diseases"] if _ILL.search(one[:_OPENING])]
    return {name: some[:MOST] for name, some in found.items()}


def by_subject(score: Score, data: Path) -> dict[str, Any]:
    """The share of each group rejected at each threshold, and the AUC of DARK against LIGHT."""
    scores = {name: score(leads) for name, leads in groups(data).items()}
    dark = [one for name in DARK for one in scores[name]]
    light = [one for name in LIGHT for one in scores[name]]
    return {
        "groups": {
            name: {
                "articles": len(some),
                "rejected": {str(at): float(np.mean(np.asarray(some) > at)) for at in THRESHOLDS},
            }
            for name, some in scores.items()
        },
        "auc_dark_against_light": auc(dark, light),
    }


def shifts(score: Score, threshold: float) -> dict[str, Any]:
    """For each group, the shift of the score within a sentence and the verdicts that change.

    The shift is the largest score of a sentence minus its smallest, over the terms of the group.
    """
    found = {
        group: [
            score([template.format(term) for term in terms.split(",")])
            for form, terms in forms.items()
            for template in TEMPLATES[form]
        ]
        for group, forms in GROUPS.items()
    }
    for group, names in (("first names", NAMES), ("first names in no list", OTHER_NAMES)):
        found[group] = [score([one.format(name) for name in names.split(",")]) for one in NAMED]
    return {group: _shift(rows, threshold) for group, rows in found.items()}


def _shift(rows: Iterable[Sequence[float]], threshold: float) -> dict[str, Any]:
    ranges = [(min(row), max(row)) for row in rows]
    return {
        "sentences": len(ranges),
        "mean": float(np.mean([high - low for low, high in ranges])),
        "largest": max(high - low for low, high in ranges),
        "changed": sum(low <= threshold < high for low, high in ranges),
        "rejected": sum(high > threshold for _, high in ranges),
    }


def negation(score: Score) -> list[dict[str, Any]]:
    """The scores of each sentence of NEGATED and of the same without negation."""
    return [
        {"text": text, "score": low, "without": high}
        for text, _ in NEGATED
        for low, high in [score([text, dict(NEGATED)[text]])]
    ]


def read_short() -> dict[str, list[str]]:
    """The short leads of samples/tone.tsv by group."""
    found: dict[str, list[str]] = {}
    for line in SHORT.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            group, text = line.split("\t")
            found.setdefault(group, []).append(text)
    return found


def short(score: Score, threshold: float) -> dict[str, dict[str, Any]]:
    """The number of short leads in each group, and the share that is rejected."""
    return {
        group: {
            "leads": len(texts),
            "rejected": float(np.mean([one > threshold for one in score(texts)])),
        }
        for group, texts in read_short().items()
    }
