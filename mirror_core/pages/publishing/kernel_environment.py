"""What surrounds a notebook's kernel: what could change a page there is set here, or counts in its fingerprint.

A profile, a container, a cluster's modules or an editor set variables and keep configuration and caches in the home
folder, and so does who looks after a machine in `/etc`. Of these a kernel of the build sees none: neither a backend
that shows no figures, nor start-up files, nor a list of fonts that another program has left locked.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from mirror_core.checks import OptionError
from mirror_core.runs.compiling import CACHE_VARIABLE
from mirror_core.runs.workers import ONE_THREAD

INSTRUCTIONS = ("OPENBLAS_CORETYPE", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "NPY_DISABLE_CPU_FEATURES",
                "NPY_ENABLE_CPU_FEATURES", "ATEN_CPU_CAPABILITY", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_OPT",
                "NUMBA_ENABLE_AVX", "NUMBA_DISABLE_INTEL_SVML", "NUMBA_LOOP_VECTORIZE", "NUMBA_SLP_VECTORIZE",
                "NUMBA_DISABLE_JIT", "SCIPY_ARRAY_API")  # fmt: skip
"""Variables by which one chooses the processor's instructions or another way of computing, and so the last bits of a
number."""

_LEFT_OUT = ("OMP_DISPLAY_ENV", "OMP_DISPLAY_AFFINITY", "GOMP_DEBUG", "KMP_SETTINGS", "KMP_VERSION", "MKL_VERBOSE",
             "DNNL_VERBOSE", "ONEDNN_VERBOSE", "OPENBLAS_VERBOSE", "NPY_PROMOTION_STATE", "TORCH_LOGS",
             "TORCH_CPP_LOG_LEVEL", "JUPYTER_CONFIG_PATH", "IPYKERNEL_CELL_NAME", "COLUMNS", "FORCE_COLOR",
             "NO_COLOR")  # fmt: skip
"""Variables that a kernel does not see: they add messages, add configuration, or say how text looks."""

_FAMILIES = ("PYTHON", "NUMBA_")
"""Beginnings of variables of which it sees none but these: others run files, add messages or leave out checks."""
_SEEN = ("PYTHONPATH", "PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX",
         "PYTHONDONTWRITEBYTECODE", CACHE_VARIABLE, *INSTRUCTIONS)  # fmt: skip


def left_out() -> list[str]:
    """Return the variables that are set and that a kernel does not see."""
    return [name for name in os.environ if name in _LEFT_OUT or (name.startswith(_FAMILIES) and name not in _SEEN)]


def thread_numbers() -> dict[str, str]:
    """Return how many threads linear algebra may use in a kernel: one, where no number is set already."""
    return {variable: os.environ.get(variable, "1") for variable in ONE_THREAD}


def deciding_variables() -> dict[str, str]:
    """Return what of the user's environment a kernel sees and can change the last bits of a number."""
    threads = {name: number for name, number in thread_numbers().items() if number != "1"}
    return threads | {name: os.environ[name] for name in INSTRUCTIONS if os.environ.get(name)}


def kernel_variables() -> dict[str, str]:
    """Return the variables of a kernel: this very Python, its number of threads, and figures that are shown."""
    return thread_numbers() | {
        # first in the search for kernels, before any that the user registered under the same name
        "JUPYTER_PATH": os.path.join(sys.prefix, "share", "jupyter"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": os.devnull,
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",  # the order of what has none
        "TZ": "UTC",
    }


def own_home(folder: Path) -> dict[str, str]:
    """Make folders for what Jupyter, IPython and Matplotlib keep in the home folder; return the variables to them.

    Fonts are listed here, once: that takes long where there are many, and a kernel would say so among a page's results.
    """
    variables = {"IPYTHONDIR": "ipython", "MPLCONFIGDIR": "matplotlib"}
    variables |= {f"JUPYTER_{what}_DIR": f"jupyter-{what.lower()}" for what in ("CONFIG", "DATA", "RUNTIME")}
    variables = {name: str(folder / part) for name, part in variables.items()}
    for path in variables.values():
        Path(path).mkdir(parents=True, mode=0o700)
    command = [sys.executable, "-c", "import matplotlib.font_manager"]
    # what goes wrong here goes wrong in a kernel too, and is said there
    subprocess.run(command, env=os.environ | kernel_variables() | variables, capture_output=True, check=False)
    return variables


def refuse_other_modules(modules: Iterable[str]) -> None:
    """Refuse a `PYTHONPATH` from which a build would take what its fingerprint believes to be the environment's.

    Raises
    ------
    OptionError
        If one of the modules comes from there.
    """
    added = [Path(path).resolve() for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    own = [Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")]
    for name in modules:
        found = importlib.util.find_spec(name)
        at = Path(found.origin).resolve() if found is not None and found.origin else None
        if at is None or any(path in at.parents for path in own):  # also where the environment lies in such a folder
            continue
        if any(path in at.parents for path in added):
            raise OptionError(
                f"PYTHONPATH = {os.environ['PYTHONPATH']} is not allowed: {name} would come from {at.parent}, and not "
                "from this environment; unset it."
            )
