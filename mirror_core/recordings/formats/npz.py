"""NumPy's archive of arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.arrays import MODES
from mirror_core.recordings.cleaned import require
from mirror_core.recordings.formats.base import Arrays, Format, register


def read(path: Path) -> Arrays:
    """Read the arrays `perform`, `observe` and perhaps `actions`."""
    with np.load(path, allow_pickle=False) as file:  # a pickle could run anything

        def array(name: str) -> np.ndarray:
            try:
                return file[require(name, file.files)]
            except ValueError as error:
                if "allow_pickle" not in str(error):
                    raise
                raise RecordingError(
                    f"{name} holds Python objects, which are not loaded: it must hold numbers."
                ) from error

        perform, observe = map(array, MODES)
        return perform, observe, array("actions") if "actions" in file.files else None


register(Format("a .npz file (numpy.savez)", (b"PK",), read))
