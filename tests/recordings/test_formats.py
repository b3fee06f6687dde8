"""The family of file formats: each is one file, and a new one is read as soon as it is registered."""

from pathlib import Path

import numpy as np
import pytest

from mirror_core.analysis import RecordingError
from mirror_core.checks import OptionError
from mirror_core.recordings.formats import FORMATS, Format, base, contents, read_file, reading, register
from mirror_core.recordings.formats.base import Contents
from mirror_core.recordings.formats.describing import described
from mirror_core.recordings.layout import Layout


@pytest.fixture
def formats(monkeypatch):
    several = list(FORMATS)
    for one in (base, reading):
        monkeypatch.setattr(one, "FORMATS", several)


def read_text(path: Path, layout: Layout) -> tuple:
    """Read a format of the test: a mark, then one number a line for each unit of one sequence and timestep."""
    values = np.array([float(line) for line in path.read_text().splitlines()[1:]])
    return values[None, None], -values[None, None], None


def list_text(path: Path) -> Contents:
    perform, _, _ = read_text(path, Layout())
    return Contents((described("perform", perform),), Layout())


TEXT = Format("a text file (.txt)", (b"#units",), read_text, list_text)


def test_a_new_format_is_one_function(formats, tmp_path):
    path = tmp_path / "recording.anything"
    path.write_text("#units\n1\n2\n")
    with pytest.raises(RecordingError, match="of another kind"):
        read_file(path)
    register(TEXT)
    perform, observe, actions = read_file(path)
    assert perform.tolist() == [[[1, 2]]] and observe.tolist() == [[[-1, -2]]] and actions is None
    assert contents(path).fields[0].shape == (1, 1, 2)
    path.write_text("#units\none\n")
    with pytest.raises(RecordingError, match=r"damaged.*a text file \(\.txt\)"):
        read_file(path)


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (FORMATS[0], "taken"),
        (Format("another", FORMATS[1].marks[:1], read_text, list_text), "taken"),
        (Format("another", (), read_text), "lacks its marks"),
        (Format("another", (b"#",), None), "lacks its read"),
        (Format("another", (b"#",), read_text), "lacks its contents"),
    ],
)
def test_a_format_twice_or_with_a_part_missing_is_refused(formats, one, problem):
    with pytest.raises(OptionError, match=f"{one.name[:7]}.*{problem}"):
        register(one)
