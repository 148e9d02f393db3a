from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config.loader import Config, assign, load, nearest, read
from app.config.settings import CorpusSettings, WikipediaSettings
from app.core.errors import ConfigError


def error_lines(text: str) -> list[str]:
    """Return the lines of the error for a settings file with this content."""
    with pytest.raises(ConfigError) as caught:
        read(Config, yaml.safe_load(text))
    return str(caught.value).splitlines()


def error_line(text: str) -> str:
    """Return the only line of the error."""
    (line,) = error_lines(text)
    return line


def source(text: str) -> CorpusSettings | WikipediaSettings:
    """Read settings whose `source` is this YAML."""
    return read(Config, {"settings": {"source": yaml.safe_load(text)}}).settings.source


@pytest.mark.parametrize(
    ("text", "place", "meant"),
    [
        ("setings: {}", "setings", "settings"),
        ("settings: {sentimnt: {}}", "settings.sentimnt", "sentiment"),
        ("settings: {sentiment: {treshold: 1}}", "settings.sentiment.treshold", "threshold"),
        (
            "settings: {sentiment: {batch: {max_batch_sise: 1}}}",
            "settings.sentiment.batch.max_batch_sise",
            "max_batch_size",
        ),
        ("settings: {source: {foldr: x}}", "settings.source.foldr", "folder"),
        (
            "settings: {source: {kind: wikipedia, langage: de}}",
            "settings.source.langage",
            "language",
        ),
        ("deployments: {Entitees: {}}", "deployments.Entitees", "Entities"),
        (
            "deployments: {Entities: {num_replica: 2}}",
            "deployments.Entities.num_replica",
            "num_replicas",
        ),
        (
            "deployments: {Entities: {ray_actor_options: {num_cpu: 2}}}",
            "deployments.Entities.ray_actor_options.num_cpu",
            "num_cpus",
        ),
        (
            "deployments: {Entities: {autoscaling_config: {max_replica: 2}}}",
            "deployments.Entities.autoscaling_config.max_replica",
            "max_replicas",
        ),
        (
            "deployments: {Entities: {user_config: {max_batch_sise: 2}}}",
            "deployments.Entities.user_config.max_batch_sise",
            "max_batch_size",
        ),
    ],
)
def test_an_unknown_key_is_reported_with_its_path_and_the_nearest_known_key(
    text: str, place: str, meant: str
) -> None:
    expected = f'{place}: unknown; did you mean "{meant}"?'
    assert expected == error_line(text)


def test_an_unknown_key_without_a_near_match_lists_all_known_keys() -> None:
    expected = (
        "settings.sentiment.zzz: unknown; "
        "known: batch, fail_open, languages, model, revision, threshold, unsupported"
    )
    assert expected == error_line("settings: {sentiment: {zzz: 1}}")


def test_the_hint_for_a_group_without_keys_says_so() -> None:
    expected = "nothing is known here"
    assert expected == nearest("anything", [])


@pytest.mark.parametrize("kind", ["corpus", "wikipedia"])
def test_an_unknown_key_named_like_a_source_kind_has_its_full_path(kind: str) -> None:
    """Users try `wikipedia.language` before they know `source`."""
    place, _, _ = error_line(f"settings: {{{kind}: {{}}}}").partition(": unknown; ")
    expected = f"settings.{kind}"
    assert expected == place


def test_a_key_of_the_other_source_kind_does_not_suggest_itself() -> None:
    assert 'did you mean "language"?' not in error_line("settings: {source: {language: de}}")


def test_a_source_kind_is_short_for_a_source_of_that_kind() -> None:
    expected = source("{kind: wikipedia}")
    assert expected == source("wikipedia")
    assert isinstance(expected, WikipediaSettings)


def test_the_default_source_kind_is_the_corpus() -> None:
    expected = CorpusSettings(folder=Path("articles"))
    assert expected == source("{folder: articles}")


@pytest.mark.parametrize("given", ["news", "{kind: news}", "{kind: [1]}"])
def test_an_unknown_source_kind_lists_the_known_kinds(given: str) -> None:
    line = error_line(f"settings: {{source: {given}}}")
    assert line.startswith("settings.source: ")
    assert "corpus" in line
    assert "wikipedia" in line


@pytest.mark.parametrize("given", ["3", "null", "[corpus]"])
def test_a_source_that_is_not_a_mapping_is_rejected(given: str) -> None:
    assert error_line(f"settings: {{source: {given}}}").startswith("settings.source: ")


def test_the_path_of_a_source_setting_omits_the_union_variant() -> None:
    line = error_line("settings: {source: {kind: wikipedia, retries: 99}}")
    assert line.startswith("settings.source.retries: ")


def test_each_error_is_one_line() -> None:
    expected = [
        'setings: unknown; did you mean "settings"?',
        'settings.sentiment.treshold: unknown; did you mean "threshold"?',
        "settings.entities.limit: Input should be greater than or equal to 1",
        "deployments.Entities.num_replicas: Input should be greater than or equal to 1",
    ]
    text = """
        settings: {sentiment: {treshold: 1}, entities: {limit: 0}}
        deployments: {Entities: {num_replicas: 0}}
        setings: {}
    """
    assert sorted(expected) == sorted(error_lines(text))


def test_an_error_across_two_options_has_the_path_of_their_group() -> None:
    line = error_line("deployments: {Entities: {num_replicas: 1, autoscaling_config: {}}}")
    assert line.startswith("deployments.Entities: ")
    assert line.endswith("give num_replicas or autoscaling_config, not both")


@pytest.mark.parametrize("text", ["[1]", "abc", "7"])
def test_a_file_that_is_not_a_mapping_is_rejected(text: str) -> None:
    assert error_line(text).startswith("the file: ")


@pytest.mark.parametrize("key", ["1", "true", "2020-01-01"])
def test_a_key_that_is_not_a_string_is_rejected(key: str) -> None:
    """YAML keys can be numbers, dates or null."""
    assert len(error_lines(f"settings: {{{key}: 2}}")) == 1


def test_a_file_is_yaml_or_json(tmp_path: Path) -> None:
    expected = {"settings": {"preset": "hub"}}
    for text in ("settings: {preset: hub}", '{"settings": {"preset": "hub"}}'):
        file = tmp_path / "my.yaml"
        file.write_text(text, encoding="utf-8")
        assert expected == load(file)


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n"])
def test_an_empty_file_is_the_defaults(text: str, tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(text, encoding="utf-8")
    expected: dict[str, Any] = {}
    assert expected == load(file)


@pytest.mark.parametrize("text", ["[]", "0", "false", '""'])
def test_an_empty_value_is_not_an_empty_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        read(Config, load(file))


def test_a_missing_file_is_reported_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    expected = f"{file}: No such file or directory"
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert expected == str(caught.value)


def test_a_folder_is_rejected_as_a_file(tmp_path: Path) -> None:
    expected = f"{tmp_path}: Is a directory"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert expected == str(caught.value)


@pytest.mark.parametrize("content", [b"a: [", b"a: b: c", b"\xff", b"a: 1\n---\nb: 2\n", b"\x00"])
def test_a_yaml_syntax_error_is_one_line_with_the_path(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(file)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{file}: not YAML: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", 0.5),
        ("3", 3),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("[1, two]", [1, "two"]),
        ("{a: 1}", {"a": 1}),
        ("'3'", "3"),
        ("b=c", "b=c"),
        ("https://wiki.example.org/w/api.php?a=1", "https://wiki.example.org/w/api.php?a=1"),
    ],
)
def test_the_value_of_an_assignment_is_parsed_as_yaml(text: str, expected: object) -> None:
    assert assign({}, f"a.b={text}") == {"a": {"b": expected}}


def test_an_assignment_keeps_sibling_keys_and_its_input() -> None:
    before = {"a": {"b": 1, "c": 2}, "d": 3}
    expected = {"a": {"b": 9, "c": 2}, "d": 3}
    assert expected == assign(before, "a.b=9")
    assert before == {"a": {"b": 1, "c": 2}, "d": 3}


@pytest.mark.parametrize("assignment", ["", "threshold", "=1", "="])
def test_an_assignment_without_key_or_equals_sign_is_rejected(assignment: str) -> None:
    with pytest.raises(ConfigError, match="write it as key=value"):
        assign({}, assignment)


def test_an_assignment_below_a_scalar_is_rejected() -> None:
    expected = "'a.b.c=1': 'b' is a value, not a group of settings"
    with pytest.raises(ConfigError) as caught:
        assign({"a": {"b": 7}}, "a.b.c=1")
    assert expected == str(caught.value)


def test_an_assignment_extends_a_source_given_by_its_kind() -> None:
    """As in `--set source=wikipedia --set source.language=de`."""
    short = assign({}, "settings.source=wikipedia")
    config = read(Config, assign(short, "settings.source.language=de"))
    expected = WikipediaSettings(kind="wikipedia", language="de")
    assert expected == config.settings.source


@pytest.mark.parametrize("data", [[1], "abc", 7])
@pytest.mark.parametrize("assignment", ["a=1", "a.b=1"])
def test_an_assignment_to_a_file_that_is_not_a_mapping_is_rejected(
    data: Any, assignment: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        assign(data, assignment)
    assert "unsupported operand" not in str(caught.value)


@pytest.mark.parametrize("assignment", ["a={", "a=1: 2: 3", "a=@"])
def test_a_yaml_syntax_error_in_an_assignment_is_one_line(assignment: str) -> None:
    with pytest.raises(ConfigError) as caught:
        assign({}, assignment)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{assignment!r}: ")
