"""Kernels without the seconds in which each would import the same libraries.

A process that has imported them, and done nothing else, forks a kernel for each notebook of a build. `mirror_core` is
not among them: a page is made by the code that its fingerprint was taken of. A forked kernel has the environment and
the folder that a started one has, and random numbers of its own. Where anything is not as it should be, a kernel is
started as ever: threads would be lost in a fork, and what an import says has to be said on a page.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from mirror_core.runs.turns import TURNS_VARIABLE

FORKED_VARIABLE = "MIRROR_CORE_FORKED"
"""Environment variable that is 1 where kernels are forked; a build sets it where it pays, unless it is set."""

LIBRARIES = ("ipykernel.kernelapp", "joblib", "myst_nb", "pandas", "pyarrow", "h5py", "xarray", "scipy.stats", "torch",
             "numba", "matplotlib.pyplot", "matplotlib.backends.backend_svg",
             "matplotlib.backends.backend_pdf")  # fmt: skip
"""What is imported; not the backend that shows figures in notebooks, which asks for the notebook."""

_LAUNCHER = "ipykernel_launcher"
_LAUNCH = f"""
import importlib.util, sys
sys.argv[0] = importlib.util.find_spec("{_LAUNCHER}").origin
from IPython.core.application import ENV_CONFIG_DIRS, SYSTEM_CONFIG_DIRS
ENV_CONFIG_DIRS.clear(), SYSTEM_CONFIG_DIRS.clear()
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""
"""Be a kernel, as Jupyter's launcher is, but one that reads no configuration of whoever looks after the machine."""
_OWN = ("MIRROR_CORE_", "JPY_PARENT_PID")
"""Beginnings of variables that no library reads while it is imported, and that may differ from kernel to kernel."""
_PREPARED = "jemalloc_bg_thd"
"""The thread that the memory of pyarrow starts, and for which it sees to a fork itself."""
_ANSWER_SECONDS = 120
"""How long the imports may take."""
_IDLE_SECONDS = 60
"""When a process that has no kernel, and is asked for none, ends."""
_MOST = 1 << 20
"""Bytes of a message; the system allows fewer."""


class ForkedKernel:
    """A forked kernel, with what Jupyter asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, parent: _Parent) -> None:
        self.pid, self._parent = pid, parent

    def poll(self) -> int | None:
        """Return how the kernel ended, or None if it has not."""
        while self.pid not in self._parent.ended and self._parent.hear(0):
            pass
        return self._parent.ended.get(self.pid)

    def wait(self) -> int:
        """Wait until the kernel has ended, and return how."""
        while self.poll() is None:
            self._parent.hear(None)
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class _Parent:
    """The process that forks kernels, as seen by one of those that ask it; all of a build share it."""

    def __init__(self, python: Sequence[str], environment: Mapping[str, str]) -> None:
        import fcntl  # not on Windows, where no kernel is forked

        self.ended: dict[int, int] = {}
        self._kernels: list[int] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        same = json.dumps([list(python), _seen_by_imports(environment)], sort_keys=True)
        place = os.path.join(_folder(), f"forks-{hashlib.sha256(same.encode()).hexdigest()[:12]}")
        with suppress(OSError), open(f"{place}.lock", "w") as lock:  # where that is no place for one, nobody answers
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self._socket.connect(place)
            except (FileNotFoundError, ConnectionRefusedError):
                _start(python, environment, place)
                self._socket.connect(place)

    def fork(self, request: Mapping[str, Any]) -> ForkedKernel | None:
        """Return a new kernel, or None if there is none to be had."""
        before = len(self._kernels)
        with suppress(OSError):
            self._socket.send(json.dumps(request).encode())
            while self.hear(_ANSWER_SECONDS):
                if len(self._kernels) > before:
                    return ForkedKernel(self._kernels[-1], self)
        self.close()
        return None

    def hear(self, seconds: float | None) -> bool:
        """Take in one message, if one comes within some seconds; say whether one came."""
        if self._socket.fileno() < 0 or not select.select([self._socket], [], [], seconds)[0]:
            return False
        said = b""
        with suppress(ConnectionResetError):
            said = self._socket.recv(_MOST)
        if not said:  # it was killed: its kernels end too, though nobody learns how
            self.close()
            return False
        pid, *status = json.loads(said)
        self.ended.update({pid: status[0]} if status else {})
        self._kernels.extend([] if status else [pid])
        return True

    def close(self) -> None:
        """Have one's kernels end, and the process with the last that asks it."""
        self._socket.close()
        for pid in (pid for pid in self._kernels if pid not in self.ended):
            self.ended[pid] = -signal.SIGKILL
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)


def _start(python: Sequence[str], environment: Mapping[str, str], place: str) -> None:
    """Start a process that forks kernels for whoever connects to a place."""
    with suppress(FileNotFoundError):
        os.unlink(place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(place)
        listener.listen()
        options = {"stdin": listener, "stderr": subprocess.DEVNULL, "start_new_session": True}
        _started.append(subprocess.Popen([*python, "-m", __name__, *LIBRARIES], env=environment, **options))


def _seen_by_imports(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(_OWN)}


@cache
def _own_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="mirror-", ignore_cleanup_errors=True)


def _folder() -> str:
    """Return a folder that only this user can read: that of the build, or one of this process's own."""
    return os.path.dirname(os.environ.get(TURNS_VARIABLE, "")) or _own_folder().name


_last: tuple[Any, _Parent] | None = None
_started: list[subprocess.Popen] = []


def forked(command: Sequence[str], folder: str, environment: Mapping[str, str]) -> ForkedKernel | None:
    """Return a forked kernel in place of the one that a command starts, or None if it has to be started.

    Parameters
    ----------
    command, folder, environment
        What would be started, where, and all of its variables.
    """
    global _last
    if os.environ.get(FORKED_VARIABLE) != "1" or sys.platform != "linux" or _LAUNCHER not in command:
        return None
    at = command.index(_LAUNCHER)
    python, arguments = command[: at - 1], command[at + 1 :]  # which is followed by -m
    same = (python, _seen_by_imports(environment))
    if _last is None or _last[0] != same:
        if _last is not None:
            _last[1].close()
        _last = same, _Parent(python, environment)
    return _last[1].fork({"arguments": arguments, "folder": str(folder), "environment": dict(environment)})


def without_configuration(command: Sequence[str]) -> list[str]:
    """Return a command that starts a kernel which reads no configuration but that in its own folder for it."""
    if _LAUNCHER not in command:
        return list(command)
    at = command.index(_LAUNCHER)
    return [*command[: at - 1], "-c", f"import sys\ndel sys.path[0]{_LAUNCH}", *command[at + 1 :]]


def import_quietly(libraries: Sequence[str]) -> bool:
    """Import libraries; say whether that said nothing, neither on stdout nor on stderr, and started no thread."""
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # which Jupyter reads while it is imported
    stdout, nothing = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        for name in libraries:
            importlib.import_module(name)
        sys.stdout.flush()
        quiet = not os.fstat(said.fileno()).st_size
    for before, number in ((stdout, 1), (nothing, 2)):
        os.dup2(before, number)
        os.close(before)
    gc.freeze()  # a kernel then need not look through what it was born with, neither meanwhile nor at its end
    threads = [name.read_text().strip() for name in Path("/proc/self/task").glob("*/comm")]
    return quiet and len([name for name in threads if name != _PREPARED]) == 1


def serve(listener: socket.socket) -> dict[str, Any] | None:
    """Fork a kernel for every request, and say when one has ended, until nobody asks; in a kernel, return the request.

    A kernel ends with this process and with the connection through which it was asked for, this process with the last
    connection.
    """
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[socket.socket, set[int]] = {}
    over: set[int] = set()  # zombies until the next request, so that nobody signals another process by mistake
    try:
        while ready := select.select([listener, woken, *running], [], [], _patience(running))[0]:
            if woken in ready:
                os.read(woken, _MOST)
                for asked, pid in [(asked, pid) for asked, pids in running.items() for pid in sorted(pids)]:
                    if (end := os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                        running[asked].remove(pid)
                        over.add(pid)
                        status = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
                        with suppress(OSError):
                            asked.send(json.dumps([pid, status]).encode())
            for asked in [one for one in running if one in ready]:
                request = b""
                with suppress(OSError):
                    request = asked.recv(_MOST)
                if not request:  # who asks is gone
                    over |= _end(running.pop(asked))
                    asked.close()
                    if not running:
                        return None
                    continue
                while over:
                    os.waitpid(over.pop(), 0)
                if (pid := os.fork()) == 0:
                    for one in running:
                        one.close()
                    running.clear()
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return json.loads(request)
                running[asked].add(pid)
                with suppress(OSError):
                    asked.send(json.dumps([pid]).encode())
            if listener in ready:
                running[listener.accept()[0]] = set()
    finally:
        for pids in running.values():
            _end(pids)
    return None


def _patience(running: Mapping[socket.socket, set[int]]) -> int | None:
    return None if any(running.values()) else _IDLE_SECONDS


def _end(kernels: set[int]) -> set[int]:
    """Kill kernels, and return them."""
    for pid in kernels:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return kernels


def become_kernel(request: Mapping[str, Any]) -> None:
    """Be the kernel that was asked for."""
    os.setsid()
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # no more requests
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"], JPY_PARENT_PID=str(os.getppid()))
    for name in [name for name in sys.modules if name.partition(".")[0] == "mirror_core"]:
        del sys.modules[name]
    # forks share what these drew when they were imported; Python draws its own anew in each
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()
    sys.argv[1:] = request["arguments"]
    exec(_LAUNCH, {})


if __name__ == "__main__":
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]  # as the kernel's launcher does
    with socket.socket(fileno=os.dup(0)) as place:
        wanted = serve(place) if import_quietly(sys.argv[1:]) else None
    if wanted is not None:
        become_kernel(wanted)
