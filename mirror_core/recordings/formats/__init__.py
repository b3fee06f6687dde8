"""File formats of recordings, one module each; a new one is its file and its name here."""

from mirror_core.recordings.formats import npz, netcdf, nwb, matlab, pynapple, tables  # isort: skip  (as errors list them)
from mirror_core.recordings.formats.base import FORMATS, Format, register
from mirror_core.recordings.formats.reading import contents, read_file, read_recording

__all__ = [
    "FORMATS",
    "Format",
    "contents",
    "matlab",
    "netcdf",
    "npz",
    "nwb",
    "pynapple",
    "read_file",
    "read_recording",
    "register",
    "tables",
]
