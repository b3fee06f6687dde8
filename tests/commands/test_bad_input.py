"""Bad and odd input of every command: one line that names it, a status that is not zero, and nothing written."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner
from scipy.io import savemat

from mirror_core.cli import main
from mirror_core.commands.common import WRONG_INPUT, check_target

RNG = np.random.default_rng(6)
X, Y = RNG.normal(size=(8, 3, 4)), RNG.normal(size=(8, 3, 4))
A = np.arange(24).reshape(8, 3) % 3
DIMS = ("sequence", "time", "unit")


def _arrays(**content):
    return lambda path: np.savez(path.open("wb"), **content)


def _text(content, encoding="utf-8"):
    return lambda path: path.write_text(content, encoding=encoding)


def _cut(name, n_bytes):
    """Write the first bytes of another file."""

    def write(path):
        FILES[name](path)
        path.write_bytes(path.read_bytes()[:n_bytes])

    return write


def _nwb(path, without=None):
    with h5py.File(path, "w") as file:
        file.attrs["nwb_version"] = "2.7.0"
        columns = {"id": np.arange(8), "onset": np.arange(8) * 2.0 + 1, "start_time": np.arange(8) * 2.0}
        columns |= {"mode": ["execute", "observe"] * 4, "grip": ["hook", "hook", "palm", "palm"] * 2}
        for name, values in columns.items():
            file[f"intervals/trials/{name}"] = values
        file["units/id"] = np.arange(2)
        file["units/spike_times"] = np.concatenate([np.sort(RNG.uniform(0, 17, 100)) for _ in range(2)])
        file["units/spike_times_index"] = np.array([100, 200], np.uint8)
        if without:
            del file[without]


FILES = {
    "good.npz": _arrays(perform=X, observe=Y, actions=A),
    "session.nwb": _nwb,
    "session.mat": lambda path: savemat(
        path, {"raster": RNG.random((10, 40)), "label": np.array(["a", "b"] * 5, object)}
    ),
    "long.csv": lambda path: _long().to_csv(path, index=False),
    "long.parquet": lambda path: _long().to_parquet(path),
    "long.zip": lambda path: zipfile.ZipFile(path, "w").writestr("long.csv", _long().to_csv(index=False)),
    "text.npz": _text("no arrays here"),
    "empty.npz": lambda path: path.touch(),
    "cut.npz": lambda path: (FILES["good.npz"](path), path.write_bytes(path.read_bytes()[:500])),
    "pickled.npz": _arrays(perform=np.array([{}], object), observe=Y),
    "lacking.npz": _arrays(preform=X, observe=Y),
    "flat.npz": _arrays(perform=X[0], observe=Y),
    "unlike.npz": _arrays(perform=X, observe=Y[:, :, :2]),
    "words.npz": _arrays(perform=X.astype(str), observe=Y),
    "complex.npz": _arrays(perform=X * 1j, observe=Y),
    "gaps.npz": _arrays(perform=np.where(X > 2, np.nan, X), observe=np.where(Y > 1, np.inf, Y)),
    "silent.npz": _arrays(perform=X * 0, observe=Y),
    "one.npz": _arrays(perform=X[:1], observe=Y[:1]),
    "apart.npz": _arrays(perform=X * [1, 1, 1, 1e-200], observe=Y),
    "half.npz": _arrays(perform=X, observe=Y, actions=A + 0.5),
    "rare.npz": _arrays(perform=X, observe=Y, actions=(np.arange(24).reshape(8, 3) == 0) * 1),
    "same.npz": _arrays(perform=X, observe=Y, actions=A * 0),
    "named.nc": lambda path: xr.Dataset({"perform": (("a", "b", "c"), X), "observe": (DIMS, Y)}).to_netcdf(path),
    "measured.nc": lambda path: xr.Dataset(
        {"perform": (DIMS, X, {"units": "Hz"}), "observe": (DIMS, Y, {"units": "mV"})}
    ).to_netcdf(path),
    "other.h5": lambda path: h5py.File(path, "w").close(),
    "groups.h5": lambda path: h5py.File(path, "w").create_dataset("session/rates", data=X).file.close(),
    "array.npy": lambda path: np.save(path, X),
    "folder": lambda path: path.mkdir(),
    "ragged.csv": _text("unit,trial,time,value,mode,grip\n1,2,3,4,5,6,7\n"),
    "letters.csv": _text("unit,trial,time,value,mode,grip\nu,1,soon,2,do,a\n"),
    "timeless.csv": _text("unit,trial,time,value,mode,grip\nu,1,,2,do,a\n"),
    "endless.csv": _text("unit,trial,time,value,mode,grip\nu,1,1e200,2,do,a\n"),
    "twice.csv": _text("unit,trial,time,value,mode,grip\nu,1,0,2,do,a\nu,1,0,3,do,a\n"),
    "columns.csv": _text("unit,trial,time,value,value ,mode,grip\nu,1,0,2,3,do,a\n"),
    "rowless.csv": _text("unit,trial,time,value,mode,grip\n", "utf-8-sig"),
    "pipe.npz": os.mkfifo,
    "pipe.html": os.mkfifo,
    "nothing.csv": lambda path: path.touch(),
    "photo.png": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50)),
    "cut.nwb": _cut("session.nwb", 900),
    "cut.mat": _cut("session.mat", 300),
    "cut.parquet": _cut("long.parquet", 100),
    "cut.zip": _cut("long.zip", 60),
    "untold.nwb": lambda path: _nwb(path, without="intervals/trials"),
    "unmoved.nwb": lambda path: _nwb(path, without="units"),
    "plain.toml": _text('mode = "mode"\n'),
    "broken.toml": _text("mode = [\n"),
    "marked.toml": _text("mod = 1\n", "utf-8-sig"),
    "endless.toml": _text("seeds = { first = 1, count = 1_000_000_000_000 }\n"),
    "many.toml": _text(f"[grid]\nn_actions = {[*range(2, 200)]}\nhidden_size = {[*range(2, 9000)]}\n"),
    "sampled.toml": _text("[sample]\nsize = 1_000_000_000\nof = { n_actions = [4] }\n"),
    "nul.toml": lambda path: path.write_bytes(b"\0\0"),
    "latin.toml": _text("# \u00e9\n", "latin-1"),
    "infinite.toml": _text("[base]\nlearning_rate = inf\n"),
    "huge.toml": _text(f"[grid]\nhidden_size = [4, {10**23}]\n"),
    "good.toml": _text("seeds = [1]\n[base]\nn_sequences = 20\n"),
    "negative.toml": _text("[base]\nnoise_std = -1\n"),
    "unknown.toml": _text("[base]\nhiden_size = 3\n"),
    "unseeded.toml": _text("seeds = [-1]\n"),
    "listless.toml": _text("[grid]\nn_actions = 4\n"),
    "sub/good.toml": _text("seeds = [1]\n"),
    "good-report.html": _text("of other recordings"),
}
"""Files to choose from, what is wrong with them in their names."""


def _long():
    rows = [
        (u, t, s / 10, t + s, ["do", "see"][t % 2], "ab"[t // 2 % 2]) for u in "uv" for t in range(8) for s in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["unit", "trial", "time", "value", "mode", "grip"])


NWB = "analyse session.nwb --mode mode --perform execute --observe observe --condition grip --bin 0.1"
AROUND = f"{NWB} --event onset --window -0.5 1"
MODES = " --mode mode --condition grip --perform execute --observe observe"
LONG = "--mode mode --condition grip --perform do --observe see"

WRONG = {
    # what the file is
    "analyse none.npz": (2, "none.npz does not exist"),
    "analyse text.npz": (2, "text.npz is of another kind"),
    "analyse empty.npz": (2, "empty.npz is empty"),
    "analyse cut.npz": (2, "cut.npz is damaged"),
    "analyse pickled.npz": (2, "perform holds Python objects, which are not loaded"),
    "analyse other.h5": (2, "other.h5"),
    "analyse pipe.npz": (2, "pipe.npz is a pipe or a device"),
    "inspect /dev/zero": (2, "/dev/zero is a pipe or a device"),
    "analyse groups.h5": (2, "its arrays are in groups (session/rates): arrays must be at the top"),
    "inspect groups.h5": (2, "its arrays are in groups (session/rates)"),
    "analyse array.npy": (2, "array.npy is one array (.npy)"),
    "analyse folder": (2, "folder holds no file that can be read"),
    "inspect none.nwb": (2, "none.nwb does not exist"),
    "inspect text.npz": (2, "text.npz is of another kind"),
    "inspect cut.npz": (2, "cut.npz is damaged"),
    "inspect ragged.csv": (2, "a row has more values than the first line has names"),
    "inspect folder": (2, "folder holds no file that can be read"),
    f"analyse cut.nwb{MODES}": (2, "cut.nwb is damaged"),
    f"analyse cut.mat{MODES}": (2, "cut.mat is damaged"),
    f"analyse cut.zip{MODES}": (2, "cut.zip is damaged"),
    f"analyse cut.parquet{MODES}": (2, "cut.parquet is damaged"),
    f"analyse nothing.csv{MODES}": (2, "nothing.csv is empty"),
    f"analyse photo.png{MODES}": (2, "photo.png is of another kind"),
    f"analyse untold.nwb{MODES} --event onset --window -0.5 1 --bin 0.1": (
        2,
        "untold.nwb: there is no table of trials",
    ),
    f"analyse unmoved.nwb{MODES} --event onset --window -0.5 1 --bin 0.1": (2, "unmoved.nwb: the file has no units"),
    # what it holds
    "analyse lacking.npz": (2, "there is no array 'perform'. Did you name it 'preform'?"),
    "analyse flat.npz": (2, "perform has shape (3, 4)"),
    "analyse unlike.npz": (2, "perform has shape (8, 3, 4) and observe (8, 3, 2)"),
    "analyse words.npz": (2, "it must hold real numbers"),
    "analyse complex.npz": (2, "it must hold real numbers"),
    "analyse gaps.npz": (2, "values that are not finite"),
    "analyse gaps.npz --drop-nan sequences": (2, "too few"),
    "analyse silent.npz": (2, "all 4 units are constant"),
    "analyse one.npz": (2, "1 sequence(s): at least 2 are needed"),
    "analyse apart.npz": (2, "a factor of 1e+100 apart"),
    "analyse half.npz": (2, "24 values that are not whole numbers"),
    "analyse rare.npz": (2, "action 1 occurs in 1 sequence(s)"),
    "analyse same.npz": (2, "actions are all 0"),
    "analyse named.nc": (2, "perform has dimensions (a, b, c)"),
    "analyse measured.nc": (2, "perform is in 'Hz' and observe is in 'mV'"),
    f"analyse ragged.csv {LONG}": (2, "a row has more values than the first line has names"),
    f"analyse letters.csv {LONG}": (2, "time has 'soon' in row 2"),
    f"analyse timeless.csv {LONG}": (2, "time has no time in row 2"),
    f"analyse endless.csv {LONG}": (2, "time has no time in row 2"),
    f"analyse twice.csv {LONG}": (2, "row 3 is the second of unit u"),
    f"analyse columns.csv {LONG}": (2, "the column 'value' is there twice"),
    f"analyse rowless.csv {LONG}": (2, "there is no row below the names of the columns"),
    # options that do not fit it
    NWB: (2, "event"),
    f"{NWB} --event onset": (2, "window is missing"),
    f"{AROUND} --condition grap": (2, "'grap'. Did you mean 'grip'"),
    f"{AROUND} --axes time,unit": (2, "axes is not used in an NWB file"),
    f"{AROUND} --bin 0": (2, "bin = 0.0 is not allowed"),
    f"{AROUND} --bin 0.4": (2, "it must be a whole number of bins"),
    f"{AROUND} --bin 1e-200": (2, "the window declares"),
    f"{AROUND} --bin nan": (2, "bin = nan is not allowed"),
    f"{AROUND} --drop-nan units": (2, "what is missing stays missing"),
    f"{AROUND} --only grip": (2, "it must be NAME=VALUE"),
    f"{AROUND} --only grip=fist": (2, "'fist'"),
    f"{AROUND} --observe execute": (2, "they must be different values"),
    f"{AROUND} --halves": (2, "halves is not allowed with mode"),
    f"{AROUND} --layout none.toml": (2, "none.toml"),
    f"{AROUND} --layout broken.toml": (2, "broken.toml"),
    f"{AROUND} --layout marked.toml": (2, "unknown key 'mod'. Did you mean"),
    "analyse rare.npz --event x": (2, "event is not used in a .npz file"),
    f"analyse long.csv {LONG} --value rate": (2, "unknown column of the table 'rate'"),
    "analyse session.mat": (2, "no array 'perform'"),
    "analyse session.mat --data raster --condition label --halves": (2, "several orders fit"),
    "analyse long.csv": (2, "condition is missing"),
    "analyse good.npz --drop-nan rows": (2, "'rows' is not one of"),
    "analyse good.npz --alpha 2": (2, "--alpha"),
    "analyse rare.npz --alpha nan": (2, "alpha"),
    "analyse rare.npz --permutations 1000000000000": (2, "--permutations"),
    "analyse good.npz --permutations 0": (2, "--permutations"),
    "analyse good.npz --seed -1": (2, "--seed"),
    "analyse": (2, "Missing argument 'FILE'"),
    "inspect": (2, "Missing argument 'FILE'"),
    "inspekt good.npz": (2, "No such command 'inspekt'"),
    # what is to be written
    "analyse good.npz": (2, "good-report.html exists already: name a report that may be replaced with --out"),
    "analyse good.npz --out nowhere/x.html": (2, "cannot write nowhere/x.html: its folder does not exist"),
    "analyse good.npz --out x.pdf": (2, "cannot write to x.pdf: its name must end in .html"),
    "analyse good.npz --out x.html --json good.npz": (2, "its name must end in .json"),
    "analyse good.npz --out x.html --csv x.csv.gz": (2, "its name must end in .csv"),
    f"analyse long.csv {LONG} --csv long.csv --out x.html": (2, "it is the file to be read"),
    "analyse good.npz --out folder": (2, "is a directory"),
    "claims --out x.xlsx": (2, "its name must end in .txt or .csv or .json"),
    "claims --out x.csv --format json": (2, "its name must end in .json"),
    "claims --out nowhere/x.csv": (2, "cannot write nowhere/x.csv: its folder does not exist"),
    "claims --reading literal": (2, "unknown reading 'literal'"),
    "claims --of imitation --check": (2, "--check is for the paper's claims"),
    "claims --of nobody": (2, "unknown experiment 'nobody'"),
    "claims --n-seeds 1000000000000": (2, "--n-seeds"),
    "claims --seed 99999999999": (2, "seed = 99999999999 is not allowed"),
    "claims --n-seeds 0": (2, "--n-seeds"),
    "claims --store good.npz": (2, "is a file"),
    "populations --out x.csv": (2, "its name must end in .parquet"),
    "populations --out nowhere/x.parquet": (2, "its folder does not exist"),
    "populations --number 1000000000000": (2, "--number"),
    "populations --number 0": (2, "--number"),
    "populations --seed -1": (2, "--seed"),
    "ingredients --out x.feather": (2, "its name must end in .parquet"),
    "ingredients --out nowhere/x.parquet": (2, "its folder does not exist"),
    "ingredients --n-seeds 1000000000000": (2, "--n-seeds"),
    "ingredients --n-seeds 0": (2, "--n-seeds"),
    "experiment --out x.parquet": (2, "NAME is missing"),
    "experiment nothing": (2, "nothing"),
    "experiment imitation --out x": (2, "its name must end in .parquet"),
    "experiment imitation --condition none": (2, "none"),
    "experiment imitation --number 0": (2, "--number"),
    "experiment imitation --number 1000000000000": (2, "--number"),
    "experiment imitation --seed 99999999999999999999 --number 1": (2, "seed = 99999999999999999999 is not allowed"),
    # sweeps
    "sweep": (2, "Missing argument 'FILE...'"),
    "sweep none.toml": (2, "none.toml cannot be read: No such file or directory"),
    "sweep folder": (2, "folder cannot be read"),
    "sweep broken.toml": (2, "broken.toml is not valid TOML"),
    "sweep good.npz": (2, "good.npz is not"),
    "sweep negative.toml": (2, "noise_std = -1 is not allowed"),
    "sweep unknown.toml": (2, "'hiden_size'"),
    "sweep unseeded.toml": (2, "-1"),
    "sweep listless.toml": (2, "n_actions"),
    "sweep endless.toml --dry-run": (2, "seeds.count = 1000000000000 is not allowed"),
    "sweep many.toml --dry-run": (2, "it has 1,781,604 combinations: at most 1,000,000 can be in one sweep"),
    "sweep sampled.toml --dry-run": (2, "sample.size = 1000000000 is not allowed"),
    "sweep nul.toml": (2, "nul.toml is not valid TOML"),
    "sweep latin.toml": (2, "latin.toml is not a text file in UTF-8"),
    "sweep infinite.toml": (2, "learning_rate = inf is not allowed"),
    "sweep good.toml --out x.xlsx": (2, "its name must end in .parquet or .csv or .csv.gz or .tsv"),
    f"sweep good.toml --out {'x' * 248}.parquet": (2, "its name is longer than 255 bytes"),
    f"inspect {'x' * 300}.npz": (2, "cannot be read: File name too long"),
    "sweep good.toml --out good.toml": (2, "its name must end in"),
    "sweep good.toml --out nowhere/x.parquet": (2, "cannot write nowhere/x.parquet"),
    "sweep good.toml --workers 0": (2, "0 is not in the range 1<=x<=1024"),
    "sweep /dev/zero": (2, "/dev/zero is a pipe or a device"),
    "sweep huge.toml --dry-run": (2, "hidden_size = 100000000000000000000000 is not allowed: the network would take"),
    f"analyse good.npz {LONG} --layout pipe.npz": (2, "pipe.npz is a pipe or a device"),
    "analyse good.npz --out pipe.html": (2, "pipe.html: it is a pipe or a device, and a file would take its place"),
    "sweep good.toml --wrokers 2": (2, "No such option"),
    "sweep good.toml --store good.toml": (2, "is a file"),
    "sweep good.toml good.toml": (2, "several files make one table: name it with --out"),
    "sweep good.toml sub/good.toml --out x.parquet": (2, "two files have the same name"),
    "sweep good.toml --dask tcp://127.0.0.1:1 --workers 2": (2, "a Dask cluster has its own number"),
    "sweep good.toml --dask nowhere": (2, "no Dask scheduler answers at 'nowhere'"),
    "runs --store good.npz": (2, "is a file"),
    "runs --stor x": (2, "No such option"),
}
"""Command → the status that it ends with, and what its line has in it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    for name, write in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write(folder / name)
    return folder


def state(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_there_are_enough_kinds_for_every_command():
    assert len(WRONG) >= 60
    files = {command.split()[1] for command in WRONG if command.startswith(("analyse ", "inspect "))}
    broken = files - {"good.npz", "session.nwb", "session.mat", "long.csv"}
    assert len(broken) >= 25
    assert {command.split()[0] for command in WRONG} >= set(main.commands)


@pytest.mark.parametrize("command", WRONG)
def test_what_is_wrong_is_one_line_and_nothing_is_written(command, folder, monkeypatch):
    status, message = WRONG[command]
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MIRROR_CORE_STORE", str(folder / "store"))
    before = state(folder)
    done = CliRunner().invoke(main, command.split())
    said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.exit_code == status == WRONG_INPUT, done.output + repr(done.exception)
    assert len(said) == 1 and done.stderr.splitlines()[-1] == said[0] and message in said[0], done.stderr
    assert "Traceback" not in done.output and not done.stdout
    assert state(folder) == before


ENDINGS = {
    "analyse good.npz": (".html",),
    "analyse good.npz --out x.html --json": (".json",),
    "analyse good.npz --out x.html --csv": (".csv",),
    "claims": (".txt", ".csv", ".json"),
    "sweep good.toml": (".parquet", ".csv", ".csv.gz", ".tsv"),
    "ingredients": (".parquet",),
    "experiment imitation": (".parquet",),
    "populations": (".parquet",),
}
"""Command → what a file may end in that it writes."""

NAMES = ("x.xlsx", "x.XLSX", "x", "x.", "x.parquet.gz", "x.csv.zip", "x.tsv.gz", "x.html.bak", "parquet", "x.json.gz",
         "x.csv.gz", "x.tsv", "x.parquet", "x.csv", "x.html", "x.json", "x.txt", "x.feather", "-", ".")  # fmt: skip


def test_every_command_that_writes_is_asked():
    writing = {name for name, one in main.commands.items() if any("--out" in option.opts for option in one.params)}
    assert {command.split()[0] for command in ENDINGS} == writing


@pytest.mark.parametrize("command", ENDINGS)
def test_an_ending_that_is_not_written_is_refused_before_the_work(command, folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MIRROR_CORE_STORE", str(folder / "store"))
    before = state(folder)
    words = command.split() if command.endswith(("--json", "--csv")) else [*command.split(), "--out"]
    for name in (name for name in NAMES if not name.lower().endswith(ENDINGS[command])):
        done = CliRunner().invoke(main, [*words, name])
        assert done.exit_code == 2, (name, done.output, done.exception)
        assert "its name must end in" in done.stderr or "is a directory" in done.stderr, name
    assert state(folder) == before


@pytest.mark.parametrize("command", ENDINGS)
def test_an_ending_that_is_written_is_taken_in_either_case(command):
    for ending in ENDINGS[command]:
        check_target(Path(f"x.y{ending}"), ENDINGS[command])
        check_target(Path(f"X{ending.upper()}"), ENDINGS[command])
