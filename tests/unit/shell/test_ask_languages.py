"""Articles in several languages through the whole graph in this process, with embedded models."""

from pathlib import Path
from typing import Any

import pytest

from app.config.settings import Settings
from app.core.values import Digest, Missing, Status
from app.shell.ask_client import in_process

TEXTS = {
    "Donau": (
        "Die Donau ist ein Fluss in Europa. Sie fließt durch Wien, Budapest und Belgrad. "
        "Im Jahr 1856 gründete Franz Joseph eine Gesellschaft für ihre Schifffahrt."
    ),
    "Kyoto": "京都は日本の都市である。人口は約百四十万人である。古い寺院と神社が多い。",
    "London": "London is the capital of England. Ada Lovelace was born in London in 1815.",
}
JAPANESE = "the model reads en; the article is in ja"
GERMAN = "the model reads en; the article is in de"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an article in each language."""
    for title, text in TEXTS.items():
        (tmp_path / f"{title}.txt").write_text(text, "utf-8")
    return tmp_path


async def ask(folder: Path, term: str, **settings: Any) -> Digest:
    """The digest of an article in the folder."""
    given = {"source": {"folder": str(folder)}, **settings}
    async with in_process(Settings.model_validate(given)) as client:
        item = await client(term)
    assert item.digest is not None
    return item.digest


async def test_english_is_judged_and_read(folder: Path) -> None:
    digest = await ask(folder, "London")
    assert (digest.language, digest.status, digest.missing) == ("en", Status.OK, ())
    assert digest.tone is not None
    assert digest.tone.label is not None
    assert digest.entities is not None
    assert digest.entities.reason == ""


async def test_a_language_in_a_script_that_the_model_reads_gets_marked_names(folder: Path) -> None:
    digest = await ask(folder, "Donau")
    assert (digest.language, digest.status, digest.missing) == ("de", Status.OK, ())
    assert digest.tone is not None
    assert (digest.tone.score, digest.tone.reason) == (None, GERMAN)
    assert digest.entities is not None
    assert digest.entities.reason == GERMAN
    assert digest.summary is not None
    assert digest.summary.text in TEXTS["Donau"]


async def test_a_language_in_another_script_gets_a_summary_but_no_names(folder: Path) -> None:
    digest = await ask(folder, "Kyoto")
    assert (digest.language, digest.status) == ("ja", Status.DEGRADED)
    assert digest.missing == (Missing(stage="entities", reason=JAPANESE, declined=True),)
    assert digest.tone is not None
    assert (digest.tone.label, digest.tone.reason) == (None, JAPANESE)
    assert digest.summary is not None
    assert digest.summary.text


async def test_a_setting_rejects_what_the_gate_cannot_judge(folder: Path) -> None:
    digest = await ask(folder, "Kyoto", sentiment={"unsupported": "reject"})
    assert (digest.status, digest.summary, digest.missing) == (Status.REJECTED, None, ())
    assert digest.tone is not None
    assert digest.tone.reason == JAPANESE


@pytest.mark.parametrize("languages", [["multilingual"], ["en", "ja"]])
async def test_a_model_of_more_languages_judges_and_finds_names(
    folder: Path, languages: list[str]
) -> None:
    stages = {stage: {"languages": languages} for stage in ("sentiment", "entities")}
    digest = await ask(folder, "Kyoto", **stages)
    assert (digest.language, digest.missing) == ("ja", ())
    assert digest.tone is not None
    assert digest.tone.label is not None
    assert digest.entities is not None
    assert digest.entities.reason == ""
