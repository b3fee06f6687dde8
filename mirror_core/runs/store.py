"""The run store: a trained network is kept once and found again by what made it.

An entry is a folder named by the run's fingerprint, with the weights (`weights.safetensors`) and everything
about them (`run.json`: configuration, loss curves, provenance, checksums). It appears by one rename, so a
killed process leaves no half entry, and two processes that make the same run do not harm each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.runs.checkout import own_checkout, refuse_another_checkout
from mirror_core.runs.files import read_json
from mirror_core.runs.provenance import code_fingerprint

STORE_VARIABLE = "MIRROR_CORE_STORE"
"""Environment variable that moves the store elsewhere."""


_DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError)
"""What reading a truncated or altered entry may raise."""


class StoreError(RuntimeError):
    """The store cannot be written where it is."""


@dataclass(frozen=True)
class Run:
    """A trained network with everything one may ask about how it came about."""

    config: Config
    network: MirrorNetwork
    history: pd.DataFrame
    """Loss curves, see `mirror_core.networks.training.loop.Trained`."""
    provenance: dict[str, Any]
    """When, where and with which versions the network was trained, and how many seconds it took."""

    @property
    def fingerprint(self) -> str:
        """The run's name in the store."""
        return run_fingerprint(self.config)


def run_fingerprint(config: Config) -> str:
    """Return the name of a run: 20 hexadecimal digits from its configuration and the code that makes it."""
    return _name(config, code_fingerprint())


@lru_cache(maxsize=10_000)  # a page asks for the name of each of its runs about ten times
def _name(config: Config, code: str) -> str:
    return _digest(f"{config.fingerprint()} {code}".encode())[:20]


def default_store() -> Path:
    """Return the folder of the store: `$MIRROR_CORE_STORE`, else `.runs` in the checkout or the home folder's cache.

    Raises
    ------
    OptionError
        If the variable does not name the same folder wherever a process starts.
    OtherCheckout
        If the current folder is in another checkout than the library.
    StoreError
        If there is none of these.
    """
    if chosen := os.environ.get(STORE_VARIABLE):
        path = Path(chosen).expanduser()
        if not path.is_absolute():
            raise OptionError(
                f"{STORE_VARIABLE} = {chosen!r} is not allowed: it must be a whole path, since commands and notebooks "
                "start in different folders."
            )
        return path.resolve()
    refuse_another_checkout()
    if (checkout := own_checkout()) is not None:
        return checkout / ".runs"
    try:
        return Path.home() / ".cache" / "mirror_core" / "runs"
    except RuntimeError as error:
        raise StoreError(f"there is no home folder to keep runs in: name a folder in {STORE_VARIABLE}.") from error


class RunStore:
    """A folder of runs, made when the first one is saved.

    Parameters
    ----------
    root
        Where runs are kept; `default_store()` if not given.
    """

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root) if root is not None else default_store()

    def __reduce__(self) -> tuple[type[RunStore], tuple[Path]]:
        return RunStore, (self.root.absolute(),)  # the process that it is sent to may have started elsewhere

    def folder(self, config: Config) -> Path:
        """Return where the run of a configuration is, or would be."""
        return self.root / run_fingerprint(config)

    def load(self, config: Config) -> Run | None:
        """Return the run of a configuration, or None if it has to be made.

        A truncated or altered entry is never used: a warning names it, and it counts as missing.
        """
        folder = self.folder(config)
        if not folder.is_dir():
            return None
        try:
            return _read(folder, config)
        except _DAMAGE as error:
            warnings.warn(f"stored run {folder} is damaged ({error}); it will be made again.", stacklevel=2)
            return None

    def entries(self) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield the name of every entry and what its `run.json` says, None where that is damaged; no weights are read.

        Also entries of other versions of the code.
        """
        for folder in sorted(self.root.glob("*")):
            if re.fullmatch(r"[0-9a-f]{20}", folder.name):
                try:
                    yield folder.name, _about(folder)
                except (OSError, ValueError, KeyError, TypeError, AttributeError):
                    yield folder.name, None

    def save(self, run: Run) -> None:
        """Keep a run; an undamaged entry that another process made meanwhile stays as it is.

        Raises
        ------
        StoreError
            If the store cannot be written (no permission, disk full). Nothing half-written stays behind.
        """
        part = target = self.folder(run.config)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            part = self.root / f".{target.name}.{uuid.uuid4().hex[:8]}"
            part.mkdir()
            _write(part, run)
            if target.is_dir() and not _is_whole(target, run.config):
                with suppress(FileNotFoundError):  # another process may have taken it away first
                    target.rename(part.with_name(f"{part.name}.damaged"))
            try:
                part.rename(target)
            except OSError:
                if not _is_whole(target, run.config):
                    raise
        except (OSError, SafetensorError) as error:
            raise StoreError(
                f"cannot keep run {target.name} in {self.root}: {error}. "
                f"Make room there, or name another folder in {STORE_VARIABLE}."
            ) from error
        finally:
            if part != target:
                shutil.rmtree(part, ignore_errors=True)
                shutil.rmtree(part.with_name(f"{part.name}.damaged"), ignore_errors=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(content: dict[str, Any]) -> str:
    return _digest(json.dumps(content, sort_keys=True).encode())


def _write(folder: Path, run: Run) -> None:
    weights = folder / "weights.safetensors"
    save_file(run.network.state_dict(), weights)
    content = {
        "config": run.config.to_dict(),
        "provenance": run.provenance,
        "history": run.history.to_dict(orient="list"),
        "weights_sha256": _digest(weights.read_bytes()),
    }
    about = folder / "run.json"
    about.write_text(json.dumps({**content, "sha256": _digest_of(content)}, indent=1), encoding="utf-8")
    for file in (weights, about):
        # the entry must be on the disk before the rename says that it is there
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())


def _about(folder: Path) -> dict[str, Any]:
    content = read_json((folder / "run.json").read_text(encoding="utf-8"))
    if content.pop("sha256") != _digest_of(content):
        raise ValueError("run.json does not match its checksum")
    return content


def _read(folder: Path, config: Config) -> Run:
    content = _about(folder)
    weights = (folder / "weights.safetensors").read_bytes()
    if _digest(weights) != content["weights_sha256"]:
        raise ValueError("weights.safetensors does not match its checksum")
    if Config.from_dict(content["config"]) != config:
        raise ValueError("it belongs to another configuration")
    network = _Undrawn(config)
    network.load_state_dict(load(weights))
    network.requires_grad_(False).eval()
    return Run(config, network, pd.DataFrame(content["history"]), content["provenance"])


class _Undrawn(MirrorNetwork):
    """A network whose weights come from a file, and need not be drawn before."""

    def _draw_weights(self, seed: int) -> None:
        pass


def _is_whole(folder: Path, config: Config) -> bool:
    try:
        _read(folder, config)
    except _DAMAGE:
        return False
    return True
