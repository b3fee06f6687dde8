"""A sweep from its declaration to its table."""

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from mirror_core import __version__
from mirror_core.checks import OptionError
from mirror_core.config.settings import DEFAULTS, Config, flat
from mirror_core.runs.cluster import DaskPool
from mirror_core.runs.pools import Died, LocalPool, each_result
from mirror_core.runs.progress import progress_bar
from mirror_core.runs.provenance import code_fingerprint
from mirror_core.runs.size import TooLarge, too_large_is_said
from mirror_core.runs.store import RunStore, StoreError, run_fingerprint
from mirror_core.studies.sweeps.kept_rows import COLUMNS, Row, RowStore, analysis_fingerprint, obtain_row
from mirror_core.studies.sweeps.plan import Combination, Sweep
from mirror_core.studies.sweeps.tables import made

TIMING = ("seconds_training", "seconds_measuring")
"""The columns of a table that are not the same each time the same sweep is run."""


_OTHER = "another version of mirror_core, PyTorch, Numba, NumPy, SciPy or scikit-learn"


class OtherCode(RuntimeError):
    """A worker has another version of the code than the process that hands out the work."""


@dataclass(frozen=True)
class Failure:
    """A combination that has no row."""

    name: str
    reason: str


@dataclass(frozen=True)
class Survey:
    """What is kept of a sweep, and what is missing."""

    combinations: list[Combination]
    rows: dict[str, Row]
    """Run fingerprint → row, for the runs of the sweep that need nothing more."""
    missing: dict[str, Config]
    """Run fingerprint → configuration still to train or measure."""


@dataclass(frozen=True)
class SweepResult:
    """A finished sweep."""

    table: pd.DataFrame
    """One row a network, in the order of the declaration: `reading`, `condition`, every setting by its own name,
    `COLUMNS`, `run` (fingerprint in the store) and, last, the columns in `TIMING`."""
    failures: list[Failure]


def survey(sweep: Sweep, store: RunStore | None = None, *, keep_weights: bool = True) -> Survey:
    """Look up which runs of a sweep are kept already."""
    store = RunStore() if store is None else store
    combinations, kept = sweep.combinations(), RowStore(store)
    rows, missing = {}, {}
    for config in dict.fromkeys(c.config for c in combinations if c.config is not None):
        name, row = run_fingerprint(config), kept.load(config)
        if row is not None and (not keep_weights or store.folder(config).is_dir()):
            rows[name] = row
        else:
            missing[name] = config
    return Survey(combinations, rows, missing)


def merged(surveys: Iterable[Survey]) -> Survey:
    """Return what is kept and missing of several sweeps together; a run that several have counts once."""
    combinations, rows, missing = [], {}, {}
    for one in surveys:
        combinations += one.combinations
        rows |= one.rows
        missing |= one.missing
    return Survey(combinations, rows, missing)


def run_sweep(
    sweep: Sweep,
    store: RunStore | None = None,
    *,
    workers: int | None = None,
    dask: str | None = None,
    keep_weights: bool = True,
    progress: bool = True,
) -> SweepResult:
    """Train and measure what is missing of a sweep, and return its table.

    Each run is kept as soon as it is measured, so an interrupted or killed sweep loses only what was under way.

    Parameters
    ----------
    store
        `RunStore()` if not given. On a cluster, a folder that all its machines share.
    workers
        Worker processes on this machine; `mirror_core.runs.workers.n_workers()` if not given.
    dask
        Address of a Dask scheduler, such as "tcp://127.0.0.1:8786", whose workers do the work instead.
    keep_weights
        Whether the trained networks are kept too (about a third of a megabyte each at the paper's size).

    Raises
    ------
    StoreError
        If runs cannot be kept.
    OtherCode
        If a worker, or a Dask scheduler, has no or another version of the code.
    OptionError
        If no Dask scheduler answers, or it has no worker.
    WorkerDied
        If all workers die, again and again, before one of them has finished a run.
    """
    store = RunStore() if store is None else store
    before = survey(sweep, store, keep_weights=keep_weights)
    rows, reasons = dict(before.rows), {}
    if before.missing:
        obtain_one = obtain_in_worker(store, keep_weights)
        pool = LocalPool(workers) if dask is None else DaskPool(dask)
        if dask is not None:
            _check_cluster(pool, store)
        names = list(before.missing)
        try:
            with progress_bar(len(names), "training and measuring", "network", show=progress) as bar:
                for i, found in each_result(pool, obtain_one, list(before.missing.items())):
                    bar.update()
                    if isinstance(found, Row):
                        rows[names[i]] = found
                        _keep_here(found, before.missing[names[i]], store)
                    else:
                        died = "its worker process died each time (killed, or out of memory)"
                        reasons[names[i]] = died if isinstance(found, Died) else found
        finally:
            pool.close()
    return SweepResult(_table(sweep, before.combinations, rows), _failures(before.combinations, reasons))


def _check_cluster(pool: DaskPool, store: RunStore) -> None:
    """Ask the scheduler and each worker for package, version and store, before the work.

    Raises
    ------
    OtherCode, OptionError, StoreError
        One sentence that names the first one that cannot take part.
    """
    mark = store.root / f".seen.{uuid.uuid4().hex[:8]}"
    try:
        mark.touch()
        refuse_answers(pool.ask(_about_here, str(mark)), store.root)
    except Exception:
        pool.close()
        raise
    finally:
        mark.unlink(missing_ok=True)


def _about_here(mark: str) -> tuple[str, str, bool]:
    """Say with which code a process works, and whether it sees a file of the store and can write beside it."""
    return code_fingerprint(), analysis_fingerprint(), Path(mark).exists() and os.access(Path(mark).parent, os.W_OK)


def refuse_answers(answers: Mapping[str, Any], store: Path) -> None:
    """Refuse a cluster of which one member cannot do the work.

    Parameters
    ----------
    answers
        What each member of the cluster says with `_about_here`, or the exception that came instead.

    Raises
    ------
    OtherCode, StoreError
        One sentence that names the first such member.
    """
    for name, answer in answers.items():
        if isinstance(answer, BaseException):
            reason = " ".join(f"{type(answer).__name__}: {answer}".split())
            raise OtherCode(f"{name} does not have mirror_core as it is here, with all that it needs ({reason}).")
        if answer[:2] != (code_fingerprint(), analysis_fingerprint()):
            raise OtherCode(f"{name} has {_OTHER}.")
        if name != "the scheduler" and not answer[2]:
            raise StoreError(f"{name} cannot write to {store}: name a folder that all machines share, with --store.")


def obtain_in_worker(store: RunStore, keep_weights: bool = True) -> Callable[[tuple[str, Config]], Row | str]:
    """Return what a worker is to do with each missing run of a `Survey`: return its row, or why there is none.

    Raises
    ------
    StoreError
        If the store's folder cannot be made.
    """
    try:
        store.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot keep runs in {store.root}: {error}.") from error
    # an absolute folder, since a worker may have been started elsewhere
    return partial(_obtain, str(store.root.resolve()), keep_weights, analysis_fingerprint())


def _obtain(root: str, keep_weights: bool, analysis: str, task: tuple[str, Config]) -> Row | str:
    name, config = task
    if (run_fingerprint(config), analysis_fingerprint()) != (name, analysis):
        raise OtherCode(f"a worker has {_OTHER}.")
    if not Path(root).is_dir():
        raise StoreError(f"a worker does not see {root}: name a folder that all machines share, with --store.")
    try:
        with too_large_is_said():
            return obtain_row(config, RunStore(root), keep_weights=keep_weights)
    except StoreError:  # would meet every other run too
        raise
    except (OptionError, TooLarge) as error:
        return str(error)
    except Exception as error:  # whatever it is, the other runs are to finish
        said = str(error).strip().partition("\n")[0]  # PyTorch adds where in its own code it happened
        return f"{type(error).__name__}: {said}"


def _keep_here(row: Row, config: Config, store: RunStore) -> None:
    """Keep a row that a worker with another disk has kept where it cannot be seen from here."""
    kept = RowStore(store)
    if not kept.path(run_fingerprint(config)).exists():
        kept.save(row)


def _failures(combinations: list[Combination], reasons: Mapping[str, str]) -> list[Failure]:
    found = ((one, one.problem if one.config is None else reasons.get(run_fingerprint(one.config)))
             for one in combinations)  # fmt: skip
    return [Failure(one.name, reason) for one, reason in found if reason]


def _table(sweep: Sweep, combinations: list[Combination], rows: Mapping[str, Row]) -> pd.DataFrame:
    # a later setting has a column where a network has another value than its default
    written = {name for one in combinations if one.config is not None for name in flat(one.config)}
    settings = {name: value for name, value in DEFAULTS.items() if name in written | flat(Config()).keys()}
    labels = {"reading": "str", "condition": "str"}
    # each column has the type of its setting, also where a sweep writes 1 for 1.0
    types = labels | {name: type(value) for name, value in settings.items()} | dict.fromkeys(COLUMNS, float)
    types |= {name: int for name in COLUMNS if name.startswith("n_excluded")}
    types |= {"run": "str"} | dict.fromkeys(TIMING, float)
    records = []
    for one in combinations:
        row = rows.get(run_fingerprint(one.config)) if one.config is not None else None
        if row is not None:
            timing = {name: getattr(row, name) for name in TIMING}
            about = {"reading": one.reading, "condition": one.condition, "run": row.run}
            records.append(about | settings | flat(one.config) | row.measures | timing)
    table = pd.DataFrame.from_records(records, columns=list(types)).astype(types)
    table.attrs = {"sweep": asdict(sweep), **versions(), "made": made(rows.values())}
    return table


def versions() -> dict[str, str]:
    """Return which code a table comes from."""
    return {"mirror_core": __version__, "code": code_fingerprint()[:20], "analysis": analysis_fingerprint()}
