"""What a release publishes: `python -m tools.release notes VERSION [TAG] | chart CHART IMAGE TO`.

`notes` prints the section of a version in CHANGELOG.md. `chart` packages the chart with the
repository of the released image as the default of `image.repository`, and prints the file.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHANGELOG = Path("CHANGELOG.md")
IMAGE = "wiki-digest"
"""The chart's default before a release: an image that was built on this machine."""
PLACES = {
    "values.yaml": "\n  repository: {}\n",
    "Chart.yaml": '- {{name: wiki-digest, image: "{}:',
    "README.md": '| image.repository | string | `"{}"` |',
}
"""How files of the chart name the image."""


class NotReleasable(ValueError):
    """The version cannot be released."""


def notes(changelog: str, version: str) -> str:
    """The section of a version, without its heading.

    Raises:
        NotReleasable: there is none, or it is empty.
    """
    heading = rf"^## \[{re.escape(version)}\].*\n"
    found = re.search(rf"{heading}((?:(?!## \[).*\n?)*)", changelog, re.MULTILINE)
    if not (found and found[1].strip()):
        raise NotReleasable(f"{CHANGELOG} has no section [{version}]: name [Unreleased] so")
    return found[1].strip()


def check_tag(tag: str, version: str) -> None:
    """Check that a tag is that of the version.

    Raises:
        NotReleasable: it is another.
    """
    if tag != f"v{version}":
        raise NotReleasable(f"the tag {tag} is not v{version}, the version in pyproject.toml")


def released(chart: Path, image: str, folder: Path) -> Path:
    """A copy of the chart below `folder` that has `image` as its default.

    Raises:
        NotReleasable: a file of the chart does not name the image once.
    """
    copy = folder / chart.name
    shutil.copytree(chart, copy)
    for name, place in PLACES.items():
        text, old = (chart / name).read_text("utf-8"), place.format(IMAGE)
        if text.count(old) != 1:
            raise NotReleasable(f"{name} has {old.strip()!r} {text.count(old)} times, not once")
        (copy / name).write_text(text.replace(old, place.format(image)), "utf-8")
    return copy


def package(chart: Path, image: str, folder: Path) -> Path:
    """Package the chart with this default of its image; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        copy = released(chart, image, Path(temporary))
        command = ["helm", "package", str(copy), "--destination", str(folder)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Path(said.strip().rpartition(": ")[2])


def main(what: str, *words: str) -> None:
    """Print the notes, or the packaged chart."""
    if what == "notes":
        version, *tags = words
        for tag in tags:
            check_tag(tag, version)
        print(notes(CHANGELOG.read_text("utf-8"), version))
    else:
        chart, image, folder = words
        print(package(Path(chart), image, Path(folder)))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except NotReleasable as error:
        sys.exit(str(error))
