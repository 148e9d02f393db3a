from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config.loader import Config, assign, load, nearest, read
from app.config.settings import CorpusSettings, WikipediaSettings
from app.core.errors import ConfigError


def faults(text: str) -> list[str]:
    """What is wrong with a settings file of that content."""
    with pytest.raises(ConfigError) as caught:
        read(Config, yaml.safe_load(text))
    return str(caught.value).splitlines()


def fault(text: str) -> str:
    """The one thing that is wrong with it."""
    (line,) = faults(text)
    return line


def source(text: str) -> CorpusSettings | WikipediaSettings:
    """The source that a settings file with this `source` names."""
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
def test_an_unknown_key_is_answered_with_the_nearest_right_one(
    text: str, place: str, meant: str
) -> None:
    """At every depth, and with the place where it stands."""
    expected = f'{place}: unknown; did you mean "{meant}"?'
    assert expected == fault(text)


def test_a_key_like_no_other_is_answered_with_all_that_are_known() -> None:
    """A wild guess would help nobody."""
    expected = (
        "settings.sentiment.zzz: unknown; known: batch, fail_open, model, revision, threshold"
    )
    assert expected == fault("settings: {sentiment: {zzz: 1}}")


def test_where_nothing_is_known_the_hint_says_so() -> None:
    """The list of names would be empty."""
    expected = "nothing is known here"
    assert expected == nearest("anything", [])


@pytest.mark.parametrize("kind", ["corpus", "wikipedia"])
def test_a_key_that_is_called_like_a_kind_of_source_is_named_in_full(kind: str) -> None:
    """`wikipedia.language` is what a person tries who has not read about `source`."""
    place, _, _ = fault(f"settings: {{{kind}: {{}}}}").partition(": unknown; ")
    expected = f"settings.{kind}"
    assert expected == place


def test_a_key_of_the_other_kind_of_source_is_not_suggested_again() -> None:
    """`did you mean "language"?` is no answer to `language`."""
    assert 'did you mean "language"?' not in fault("settings: {source: {language: de}}")


def test_a_source_can_be_named_by_its_kind_alone() -> None:
    """`source: wikipedia` is short for `source: {kind: wikipedia}`."""
    expected = source("{kind: wikipedia}")
    assert expected == source("wikipedia")
    assert isinstance(expected, WikipediaSettings)


def test_a_source_without_a_kind_is_the_corpus() -> None:
    """A folder is enough said."""
    expected = CorpusSettings(folder=Path("articles"))
    assert expected == source("{folder: articles}")


@pytest.mark.parametrize("given", ["news", "{kind: news}", "{kind: [1]}"])
def test_a_wrong_kind_of_source_is_answered_with_the_kinds_there_are(given: str) -> None:
    """Both of them, and where it stands."""
    line = fault(f"settings: {{source: {given}}}")
    assert line.startswith("settings.source: ")
    assert "corpus" in line
    assert "wikipedia" in line


@pytest.mark.parametrize("given", ["3", "null", "[corpus]"])
def test_a_source_that_is_no_group_of_settings_is_refused(given: str) -> None:
    """By its place, in one line."""
    assert fault(f"settings: {{source: {given}}}").startswith("settings.source: ")


def test_a_setting_of_a_variant_is_named_without_the_variant() -> None:
    """The place reads as it is written in the file."""
    line = fault("settings: {source: {kind: wikipedia, retries: 99}}")
    assert line.startswith("settings.source.retries: ")


def test_each_fault_is_one_line() -> None:
    """So that all can be mended at once."""
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
    assert sorted(expected) == sorted(faults(text))


def test_a_rule_across_two_options_is_told_where_they_stand() -> None:
    """There is no single key to blame."""
    line = fault("deployments: {Entities: {num_replicas: 1, autoscaling_config: {}}}")
    assert line.startswith("deployments.Entities: ")
    assert line.endswith("give num_replicas or autoscaling_config, not both")


@pytest.mark.parametrize("text", ["[1]", "abc", "7"])
def test_a_file_that_is_no_mapping_is_refused_as_a_whole(text: str) -> None:
    """There is no place in it to name."""
    assert fault(text).startswith("the file: ")


@pytest.mark.parametrize("key", ["1", "true", "2020-01-01"])
def test_a_key_that_is_no_text_is_refused(key: str) -> None:
    """YAML reads more than text into a key."""
    assert len(faults(f"settings: {{{key}: 2}}")) == 1


def test_a_file_is_read(tmp_path: Path) -> None:
    """As YAML, of which JSON is a part."""
    expected = {"settings": {"preset": "hub"}}
    for text in ("settings: {preset: hub}", '{"settings": {"preset": "hub"}}'):
        file = tmp_path / "my.yaml"
        file.write_text(text, encoding="utf-8")
        assert expected == load(file)


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n"])
def test_an_empty_file_changes_nothing(text: str, tmp_path: Path) -> None:
    """It is a beginning."""
    file = tmp_path / "my.yaml"
    file.write_text(text, encoding="utf-8")
    expected: dict[str, Any] = {}
    assert expected == load(file)


@pytest.mark.parametrize("text", ["[]", "0", "false", '""'])
def test_a_file_that_holds_an_empty_value_is_not_an_empty_file(text: str, tmp_path: Path) -> None:
    """It is refused as any other value that is no mapping."""
    file = tmp_path / "my.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        read(Config, load(file))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    """With its path."""
    file = tmp_path / "none.yaml"
    expected = f"{file}: No such file or directory"
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert expected == str(caught.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """And is called what it is."""
    expected = f"{tmp_path}: Is a directory"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert expected == str(caught.value)


@pytest.mark.parametrize("content", [b"a: [", b"a: b: c", b"\xff", b"a: 1\n---\nb: 2\n", b"\x00"])
def test_what_is_not_yaml_is_one_line(content: bytes, tmp_path: Path) -> None:
    """That begins with the file's path."""
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
def test_the_value_of_an_assignment_is_read_as_yaml(text: str, expected: object) -> None:
    """Everything after the first `=`."""
    assert assign({}, f"a.b={text}") == {"a": {"b": expected}}


def test_an_assignment_leaves_what_stands_beside_it() -> None:
    """And does not touch the mapping that it was given."""
    before = {"a": {"b": 1, "c": 2}, "d": 3}
    expected = {"a": {"b": 9, "c": 2}, "d": 3}
    assert expected == assign(before, "a.b=9")
    assert before == {"a": {"b": 1, "c": 2}, "d": 3}


@pytest.mark.parametrize("assignment", ["", "threshold", "=1", "="])
def test_an_assignment_needs_a_key_and_an_equals_sign(assignment: str) -> None:
    """Or it is shown how to write one."""
    with pytest.raises(ConfigError, match="write it as key=value"):
        assign({}, assignment)


def test_an_assignment_does_not_lead_through_a_plain_value() -> None:
    """The value is named."""
    expected = "'a.b.c=1': 'b' is a value, not a group of settings"
    with pytest.raises(ConfigError) as caught:
        assign({"a": {"b": 7}}, "a.b.c=1")
    assert expected == str(caught.value)


def test_a_source_that_was_named_by_its_kind_alone_can_be_told_more() -> None:
    """As in `--set source=wikipedia --set source.language=de`."""
    short = assign({}, "settings.source=wikipedia")
    config = read(Config, assign(short, "settings.source.language=de"))
    expected = WikipediaSettings(kind="wikipedia", language="de")
    assert expected == config.settings.source


@pytest.mark.parametrize("data", [[1], "abc", 7])
@pytest.mark.parametrize("assignment", ["a=1", "a.b=1"])
def test_nothing_can_be_assigned_within_a_file_that_is_no_mapping(
    data: Any, assignment: str
) -> None:
    """A person reads the message, so it does not speak of Python's types."""
    with pytest.raises(ConfigError) as caught:
        assign(data, assignment)
    assert "unsupported operand" not in str(caught.value)


@pytest.mark.parametrize("assignment", ["a={", "a=1: 2: 3", "a=@"])
def test_an_assigned_value_that_is_not_yaml_is_one_line(assignment: str) -> None:
    """That shows what was written."""
    with pytest.raises(ConfigError) as caught:
        assign({}, assignment)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{assignment!r}: ")
