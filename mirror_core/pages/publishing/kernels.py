"""Kernels without the seconds in which each would import the same libraries.

A process that has imported them, and done nothing else, forks a kernel for each notebook. The library of this checkout is
not among them: a page is made by the code that its fingerprint was taken of. A forked kernel has the environment, the
folder and the parent that a started one has, and its random numbers are no other kernel's; whether two pages share their
memory of what was imported decides nothing that they compute. Where anything is not as it should be, a kernel is
started as ever: threads would be lost in a fork, and what an import says has to be said on a page.
"""

from __future__ import annotations

import gc
import importlib.util
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
from pathlib import Path
from typing import Any

FORKED_VARIABLE = "MIRROR_CORE_FORKED"
"""Environment variable that is 1 where kernels are forked; a build sets it where it pays, unless it is set."""

LIBRARIES = (
    "ipykernel.kernelapp",
    "joblib",
    "myst_nb",
    "pandas",
    "pyarrow",
    "h5py",
    "xarray",
    "scipy.stats",
    "torch",
    "numba",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "matplotlib.backends.backend_pdf",
)
"""What is imported; not the backend that shows figures in notebooks, which asks for the notebook."""

_OWN = ("MIRROR_CORE_", "JPY_PARENT_PID", "PYTEST_CURRENT_TEST")
"""Beginnings of variables that no library reads while it is imported, and that may differ from kernel to kernel."""

_PREPARED = "jemalloc_bg_thd"
"""The thread that the memory of pyarrow starts, and for which it sees to a fork itself."""

_ANSWER_SECONDS = 120
"""How long the imports may take."""

_IDLE_SECONDS = 60
"""When a process that has no kernel, and is asked for none, ends."""

_LAUNCHER = "ipykernel_launcher"


class ForkedKernel:
    """A forked kernel, with what `subprocess.Popen` says of a started one."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, parent: _Parent) -> None:
        self.pid, self.returncode = pid, None
        self._parent = parent

    def poll(self) -> int | None:
        """Return how the kernel ended, as `subprocess.Popen` has it, or None if it has not."""
        if self.returncode is None:
            self.returncode = self._parent.status_of(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the kernel has ended."""
        while self.poll() is None:
            if not self._parent.listen(timeout):
                raise subprocess.TimeoutExpired("kernel", timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


class _Parent:
    """The process that forks kernels, as seen by the one that has started it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*command, "-m", __name__],
                env=environment,
                stdin=theirs,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket.settimeout(_ANSWER_SECONDS)
        self._said = self._socket.makefile("r", encoding="utf-8")
        self._ended: dict[int, int] = {}
        self._gone = False

    def fork(self, request: Mapping[str, Any]) -> ForkedKernel | None:
        """Return a new kernel, or None if there is none to be had."""
        with suppress(OSError):
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            while not self._gone:
                if (kernel := self._hear()) is not None:
                    return kernel
        self.close()
        return None

    def listen(self, seconds: float | None) -> bool:
        """Wait for news; say whether there were any."""
        there = bool(self._gone or select.select([self._socket], [], [], seconds)[0])
        if there and not self._gone:
            self._hear()
        return there

    def status_of(self, pid: int) -> int | None:
        """Return how a kernel ended; without the process that forked it, it is to end as well."""
        while not self._gone and pid not in self._ended and self.listen(0):
            pass
        if self._gone and pid not in self._ended:
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            self._ended[pid] = -signal.SIGKILL
        return self._ended.get(pid)

    def close(self) -> None:
        """Have the process end, and its kernels with it."""
        self._gone = True
        self._said.close()
        self._socket.close()
        self._process.wait()

    def _hear(self) -> ForkedKernel | None:
        try:
            line = self._said.readline()
        except OSError:
            line = ""
        self._gone = self._gone or not line.endswith("\n")
        if self._gone:
            return None
        what, pid, *status = line.split()
        if what == "forked":
            return ForkedKernel(int(pid), self)
        self._ended[int(pid)] = int(status[0])
        return None


_last: tuple[Any, _Parent] | None = None


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
    same = (list(python), {name: value for name, value in environment.items() if not name.startswith(_OWN)})
    if _last is None or _last[0] != same:
        if _last is not None:
            _last[1].close()
        _last = same, _Parent(python, environment)
    return _last[1].fork({"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)})


def import_quietly() -> bool:
    """Import the libraries; say whether that said nothing, neither on stdout nor on stderr, and started no thread."""
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # read while it is imported
    kept = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as said:
        for number in (1, 2):
            os.dup2(said.fileno(), number)
        for name in LIBRARIES:
            importlib.import_module(name)
        gc.freeze()  # a kernel then need not look through what it was born with, neither meanwhile nor at its end
        sys.stdout.flush()
        sys.stderr.flush()
        quiet = not os.fstat(said.fileno()).st_size
    for number, before in enumerate(kept, start=1):
        os.dup2(before, number)
        os.close(before)
    names = [thread.read_text().strip() for thread in Path("/proc/self/task").glob("*/comm")]
    return quiet and len([name for name in names if name != _PREPARED]) == 1


def serve(asked: socket.socket) -> dict[str, Any] | None:
    """Fork a kernel for every request, and say when one has ended, until nobody asks; in a kernel, return the request.

    Every kernel is ended with this process, and this process with the one that asks.
    """
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: set[int] = set()
    over: set[int] = set()  # kept as zombies until the next request, so that nobody signals another process by mistake
    with asked.makefile("r", encoding="utf-8") as requests:
        try:
            while ready := select.select([asked, woken], [], [], None if running else _IDLE_SECONDS)[0]:
                if woken in ready:
                    os.read(woken, 4096)
                    for pid in [pid for pid in running if _has_ended(pid)]:
                        running.remove(pid)
                        over.add(pid)
                        asked.sendall(f"ended {pid} {_status(pid)}\n".encode())
                if asked in ready:
                    if not (line := requests.readline()):
                        break
                    while over:
                        os.waitpid(over.pop(), 0)
                    if (pid := os.fork()) == 0:
                        running.clear()
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        return json.loads(line)
                    running.add(pid)
                    asked.sendall(f"forked {pid}\n".encode())
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asks is gone
        finally:
            for pid in running:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
    return None


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _status(pid: int) -> int:
    found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def become_kernel(request: Mapping[str, Any]) -> None:
    """Be the kernel that was asked for."""
    import numpy as np
    import torch
    from ipykernel.kernelapp import launch_new_instance

    os.setsid()
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # and nobody asks this process
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"], JPY_PARENT_PID=str(os.getppid()))
    for name in [name for name in sys.modules if name.partition(".")[0] == "mirror_core"]:
        del sys.modules[name]
    np.random.seed()  # forks share its state, and PyTorch's; Python draws its own anew in each
    torch.default_generator.seed()
    sys.argv[:] = [importlib.util.find_spec(_LAUNCHER).origin, *request["arguments"]]
    launch_new_instance()


if __name__ == "__main__":
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]  # as the kernel's launcher does
    with socket.socket(fileno=os.dup(0)) as asking:
        wanted = serve(asking) if import_quietly() else None
    if wanted is not None:
        become_kernel(wanted)
