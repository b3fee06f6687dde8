"""Bad and odd input of every command: one line that names it, a status that is not zero, and nothing written."""

from __future__ import annotations

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
    "nothing.csv": lambda path: path.touch(),
    "header.csv": _text("unit,trial,time,value,mode,grip\n"),
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
    "analyse none.npz": "none.npz does not exist",
    "analyse text.npz": "text.npz is of another kind",
    "analyse empty.npz": "empty.npz is empty",
    "analyse cut.npz": "cut.npz is damaged",
    "analyse pickled.npz": "perform holds Python objects, which are not loaded",
    "analyse other.h5": "other.h5",
    "analyse groups.h5": "its arrays are in groups (session/rates): arrays must be at the top",
    "inspect groups.h5": "its arrays are in groups (session/rates)",
    "analyse array.npy": "array.npy is one array (.npy)",
    "analyse folder": "folder holds no file that can be read",
    "inspect none.nwb": "none.nwb does not exist",
    "inspect text.npz": "text.npz is of another kind",
    "inspect cut.npz": "cut.npz is damaged",
    "inspect ragged.csv": "a row has more values than the first line has names",
    "inspect folder": "folder holds no file that can be read",
    f"analyse cut.nwb{MODES}": "cut.nwb is damaged",
    f"analyse cut.mat{MODES}": "cut.mat is damaged",
    f"analyse cut.zip{MODES}": "cut.zip is damaged",
    f"analyse cut.parquet{MODES}": "cut.parquet is damaged",
    f"analyse header.csv{MODES}": "header.csv: the table has columns unit, trial, time, value, mode, grip and no row",
    f"analyse nothing.csv{MODES}": "nothing.csv is empty",
    f"analyse photo.png{MODES}": "photo.png is of another kind",
    f"analyse untold.nwb{MODES} --event onset --window -0.5 1 --bin 0.1": "untold.nwb: there is no table of trials",
    f"analyse unmoved.nwb{MODES} --event onset --window -0.5 1 --bin 0.1": "unmoved.nwb: the file has no units",
    # what it holds
    "analyse lacking.npz": "there is no array 'perform'. Did you name it 'preform'?",
    "analyse flat.npz": "perform has shape (3, 4)",
    "analyse unlike.npz": "perform has shape (8, 3, 4) and observe (8, 3, 2)",
    "analyse words.npz": "it must hold real numbers",
    "analyse complex.npz": "it must hold real numbers",
    "analyse gaps.npz": "values that are not finite",
    "analyse gaps.npz --drop-nan sequences": "too few",
    "analyse silent.npz": "all 4 units are constant",
    "analyse one.npz": "1 sequence(s): at least 2 are needed",
    "analyse apart.npz": "a factor of 1e+100 apart",
    "analyse half.npz": "24 values that are not whole numbers",
    "analyse rare.npz": "action 1 occurs in 1 sequence(s)",
    "analyse same.npz": "actions are all 0",
    "analyse named.nc": "perform has dimensions (a, b, c)",
    "analyse measured.nc": "perform is in 'Hz' and observe is in 'mV'",
    f"analyse ragged.csv {LONG}": "a row has more values than the first line has names",
    f"analyse letters.csv {LONG}": "time has 'soon' in row 2",
    f"analyse timeless.csv {LONG}": "time has no time in row 2",
    f"analyse endless.csv {LONG}": "time has no time in row 2",
    f"analyse twice.csv {LONG}": "row 3 is the second of unit u",
    # options that do not fit it
    NWB: "event",
    f"{NWB} --event onset": "window is missing",
    f"{AROUND} --condition grap": "'grap'. Did you mean 'grip'",
    f"{AROUND} --axes time,unit": "axes is not used in an NWB file",
    f"{AROUND} --bin 0": "bin = 0.0 is not allowed",
    f"{AROUND} --bin 0.4": "it must be a whole number of bins",
    f"{AROUND} --bin 1e-200": "the window declares",
    f"{AROUND} --bin nan": "bin = nan is not allowed",
    f"{AROUND} --drop-nan units": "what is missing stays missing",
    f"{AROUND} --only grip": "it must be NAME=VALUE",
    f"{AROUND} --only grip=fist": "'fist'",
    f"{AROUND} --observe execute": "they must be different values",
    f"{AROUND} --halves": "halves is not allowed with mode",
    f"{AROUND} --layout none.toml": "none.toml",
    f"{AROUND} --layout broken.toml": "broken.toml",
    f"{AROUND} --layout marked.toml": "unknown key 'mod'. Did you mean",
    "analyse rare.npz --event x": "event is not used in a .npz file",
    f"analyse long.csv {LONG} --value rate": "unknown column of the table 'rate'",
    "analyse session.mat": "no array 'perform'",
    "analyse session.mat --data raster --condition label --halves": "several orders fit",
    "analyse long.csv": "condition is missing",
    "analyse good.npz --drop-nan rows": "'rows' is not one of",
    "analyse good.npz --alpha 2": "--alpha",
    "analyse rare.npz --alpha nan": "alpha",
    "analyse rare.npz --permutations 1000000000000": "--permutations",
    "analyse good.npz --permutations 0": "--permutations",
    "analyse good.npz --seed -1": "--seed",
    "analyse": "Missing argument 'FILE'",
    "inspect": "Missing argument 'FILE'",
    "inspekt good.npz": "No such command 'inspekt'",
    # what is to be written
    "analyse good.npz": "good-report.html exists already: name a report that may be replaced with --out",
    "analyse good.npz --out nowhere/x.html": "cannot write nowhere/x.html: its folder does not exist",
    "analyse good.npz --out x.pdf": "cannot write to x.pdf: its name must end in .html",
    "analyse good.npz --out x.html --json good.npz": "its name must end in .json",
    "analyse good.npz --out x.html --csv x.csv.gz": "its name must end in .csv",
    f"analyse long.csv {LONG} --csv long.csv --out x.html": "it is the file to be read",
    "analyse good.npz --out folder": "is a directory",
    "claims --out x.xlsx": "its name must end in .txt or .csv or .json",
    "claims --out x.csv --format json": "its name must end in .json",
    "claims --out nowhere/x.csv": "cannot write nowhere/x.csv: its folder does not exist",
    "claims --reading literal": "unknown reading 'literal'",
    "claims --of nobody": "unknown experiment 'nobody'",
    "claims --n-seeds 1000000000000": "--n-seeds",
    "claims --seed 99999999999": "seed = 99999999999 is not allowed",
    "claims --n-seeds 0": "--n-seeds",
    "claims --store good.npz": "is a file",
    "populations --out x.csv": "its name must end in .parquet",
    "populations --out nowhere/x.parquet": "its folder does not exist",
    "populations --number 1000000000000": "--number",
    "populations --number 0": "--number",
    "populations --seed -1": "--seed",
    "ingredients --out x.feather": "its name must end in .parquet",
    "ingredients --out nowhere/x.parquet": "its folder does not exist",
    "ingredients --n-seeds 1000000000000": "--n-seeds",
    "ingredients --n-seeds 0": "--n-seeds",
    "experiment nothing": "nothing",
    "experiment imitation --out x": "its name must end in .parquet",
    "experiment imitation --condition none": "none",
    "experiment imitation --number 0": "--number",
    "experiment imitation --number 1000000000000": "--number",
    "experiment imitation --seed 99999999999999999999 --number 1": "seed = 99999999999999999999 is not allowed",
    # sweeps
    "sweep": "Missing argument 'FILE...'",
    "sweep none.toml": "cannot read none.toml: No such file or directory",
    "sweep folder": "cannot read folder",
    "sweep broken.toml": "broken.toml is not valid TOML",
    "sweep good.npz": "good.npz is not",
    "sweep negative.toml": "noise_std = -1 is not allowed",
    "sweep unknown.toml": "'hiden_size'",
    "sweep unseeded.toml": "-1",
    "sweep listless.toml": "n_actions",
    "sweep endless.toml --dry-run": "seeds.count = 1000000000000 is not allowed",
    "sweep many.toml --dry-run": "it has 1,781,604 combinations: at most 1,000,000 can be in one sweep",
    "sweep sampled.toml --dry-run": "sample.size = 1000000000 is not allowed",
    "sweep nul.toml": "nul.toml is not valid TOML",
    "sweep latin.toml": "latin.toml is not a text file in UTF-8",
    "sweep infinite.toml": "learning_rate = inf is not allowed",
    "sweep good.toml --out x.xlsx": "its name must end in .parquet or .csv or .csv.gz or .tsv",
    "sweep good.toml --out good.toml": "its name must end in",
    "sweep good.toml --out nowhere/x.parquet": "cannot write nowhere/x.parquet",
    "sweep good.toml --workers 0": "0 is not in the range x>=1",
    "sweep good.toml --wrokers 2": "No such option",
    "sweep good.toml --store good.toml": "is a file",
    "sweep good.toml good.toml": "several files make one table: name it with --out",
    "sweep good.toml sub/good.toml --out x.parquet": "two files have the same name",
    "sweep good.toml --dask tcp://127.0.0.1:1 --workers 2": "a Dask cluster has its own number",
    "sweep good.toml --dask nowhere": "no Dask scheduler answers at 'nowhere'",
    "runs --store good.npz": "is a file",
    "runs --stor x": "No such option",
}
"""Command → what its line has in it; each ends with the status of wrong input."""


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
    message = WRONG[command]
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MIRROR_CORE_STORE", str(folder / "store"))
    before = state(folder)
    done = CliRunner().invoke(main, command.split())
    said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.exit_code == WRONG_INPUT, done.output + repr(done.exception)
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
