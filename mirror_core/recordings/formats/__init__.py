"""File formats of recordings, one module each; a new one is its file and its name here."""

from mirror_core.recordings.formats import npz, netcdf  # isort: skip  (the order in which errors list them)
from mirror_core.recordings.formats.base import FORMATS, Format, read_file, register

__all__ = ["FORMATS", "Format", "netcdf", "npz", "read_file", "register"]
