"""The part of the cost page that is arithmetic: what very many networks would cost, and what would have to change."""

import pandas as pd
from IPython.display import HTML

from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.pages.tables import show
from mirror_core.studies.costs import scale
from mirror_core.studies.costs.measured import Measured
from mirror_core.studies.costs.scale import RunCost, sweep_seconds
from mirror_core.studies.wording import counted, duration, size

RUNS = (10**3, 10**4, 10**6)
"""Numbers of networks in the tables."""
CORES = (1, 2, 100)
"""Numbers of cores in them."""
GPU_FLOPS = 20e12
"""Single-precision operations a second of a GPU, assumed: about the peak of a data-centre GPU of 2020."""
MANY = 10**6


def time_table(cost: RunCost, reading: str) -> HTML:
    """Show how long networks take on more and more cores, and the least that a GPU could need."""
    flop = scale.matrix_flop(configure(Config(), reading))
    rows = []
    for runs in RUNS:
        row = {"networks": f"{runs:,}", "core-hours": f"{runs * cost.total / 3600:,.1f}"}
        for cores in CORES:
            row[counted(cores, "core")] = duration(sweep_seconds(cost, runs, cores))
        row["a GPU, training alone, at least (assumed)"] = f"{duration(runs * flop / GPU_FLOPS)}"
        rows.append(row)
    return show(pd.DataFrame(rows), f"{reading}, the paper's size")


def how_computed(measured: Measured, cost: RunCost, reading: str) -> HTML:
    """Say what goes into the table, and what in it is assumed."""
    flop = scale.matrix_flop(configure(Config(), reading))
    if cost.workers > 1:
        ratio = cost.efficiency * cost.workers
        many = f"{cost.workers} cores did {ratio:.2f} times the work of one; it is assumed that more"
    else:
        many = "More cores than one were not measured; it is assumed that they"
    device = "No GPU was measured." if "device" not in measured.parts else _device(measured)
    return HTML(
        f"<p>One network: {duration(cost.training)} of training, {duration(cost.measuring)} of measuring, "
        f"{duration(cost.overhead)} of everything else: {duration(cost.total)} of one core. {many} do as well in "
        f"proportion, each with as much of its machine to itself. {device} Its column is a bound, not an "
        f"estimate: the recurrent matrix products alone, {flop / 1e9:.0f}·10⁹ operations a network, at "
        f"{GPU_FLOPS / 1e12:.0f}·10¹² a second, about a data-centre GPU's peak, which no such program reaches (one "
        f"core here: {flop / cost.training / 1e9:.0f}·10⁹ a second). Measuring and keeping would still take "
        f"{duration(cost.measuring + cost.overhead)} of a processor for each.</p>"
    )


def _device(measured: Measured) -> str:
    """Say what was measured on a GPU: the largest stack."""
    table, settings = measured.parts["device"], measured.about["settings"]
    n = table.networks.max()
    each = table[table.networks == n].seconds.median() * settings["n_epochs"] / n
    return f"On {measured.about['device']}, {n} networks trained together take {duration(each)} each, as-written."


def storage_table(cost: RunCost) -> HTML:
    """Show what is kept, with and without weights."""
    kinds = {"with weights": cost.with_weights, "without": cost.without_weights}
    rows = []
    for runs in RUNS:
        row = {"networks": f"{runs:,}"}
        for kind, each in kinds.items():
            row[f"disk, {kind}"] = size(runs * each)
            row[f"files and folders, {kind}"] = f"{runs * scale.INODES[kind]:,}"
        rows.append(row)
    return show(pd.DataFrame(rows))


def overheads_table(measured: Measured, cost: RunCost) -> HTML:
    """Show what keeping and handing out take, each beside the whole."""
    found = dict(list(measured.parts["keeping"].groupby("action", sort=False).seconds))
    handed = measured.parts["handing_out"]
    each = handed.assign(each=handed.seconds / handed.tasks).groupby("scheduler", sort=False).each
    found |= {f"hand out a task ({name})": one for name, one in each}
    found["spell out and look up"] = measured.parts["declaring"].seconds / measured.parts["declaring"].runs
    rows = [
        {"once a network": name, "median": duration(one.median()),
         "turns": f"{duration(one.min())} to {duration(one.max())}",
         "share of a network": f"{100 * one.median() / cost.total:.2g} %"}
        for name, one in found.items()
    ]  # fmt: skip
    return show(pd.DataFrame(rows))


def limits_table(measured: Measured, cost: RunCost) -> HTML:
    """Show where something other than training becomes the limit, and what would be changed then."""
    keeping = measured.parts["keeping"].groupby("action").seconds.median()
    start, again = MANY * cost.declaring, MANY * keeping["load row"]
    save = keeping["save run"] + keeping["save row"]
    operations = sum(scale.METADATA_OPERATIONS.values())
    named = ", ".join(f"{n} {what}" for what, n in scale.METADATA_OPERATIONS.items())
    rate = 100 * cost.efficiency / cost.total * operations
    rows = [
        *(_handing_out(cost, name, seconds) for name, seconds in cost.hand_over.items()),
        (
            "Starting a sweep",
            f"{duration(cost.declaring)} a network, in one process",
            f"a million wait {duration(start)} for the first task; {duration(again)} more if all rows are kept already",
            "declare in pieces of 10⁵; keep one index of finished runs instead of looking up each",
        ),
        _listing(measured),
        (
            "Writing",
            f"{duration(save)} to save a run and its row, waiting until they are on this disk",
            f"{cost.total / save:,.0f} workers, if the disk took one at a time",
            "wait for the disk once in a hundred rows; one file of 1,000 networks' weights",
        ),
        (
            "Folders of a shared disk",
            f"{operations} operations a network ({named})",
            f"100 cores ask for {rate:,.0f} a second; a server that takes 1,000 a second (assumed) is full at "
            f"{1000 * cost.total / operations:,.0f} workers",
            "each worker writes to its own machine's disk and hands over one archive in the end",
        ),
    ]
    columns = ["what", "measured", "becomes the limit", "would be changed then"]
    return show(pd.DataFrame(rows, columns=columns))


def _handing_out(cost: RunCost, name: str, seconds: float) -> tuple[str, ...]:
    return (
        f"Handing out ({name})",
        f"{duration(seconds)} a task, {1 / seconds:,.0f} tasks a second",
        f"{cost.total / seconds:,.0f} workers keep one scheduler busy all the time",
        "several networks a task; each result taken as it comes, where now up to 2,000 waiting tasks are looked "
        "through; several sweeps, each with its part of the seeds, without a common scheduler"
        if name == "dask"
        else "a Dask cluster, since one machine has fewer cores than that",
    )


def _listing(measured: Measured) -> tuple[str, ...]:
    table = measured.parts["listing"]
    words, each = [], {}
    many = table[(table.kind == "runs") & (table.entries == table[table.kind == "runs"].entries.max())]
    find, save = many.groupby("action").seconds.median()[["find", "save"]]
    for kind, one in table[table.action == "list"].groupby("kind", sort=False):
        most = one.entries.max()
        each[kind] = one[one.entries == most].seconds.median() / most
        words.append(f"{duration(each[kind] * most)} for {most:,} {kind}")
    return (
        "Listing the store",
        f"{' and '.join(words)}, read from memory; among as many runs, {duration(find)} to find one by its name and "
        f"{duration(save)} to save one more",
        f"a minute at {60 / max(each.values()):,.0f} runs; a million would take {duration(MANY * max(each.values()))} "
        f"(in proportion), in one folder of a million",
        "rows as one Parquet file for each 10⁴ runs; folders of runs below two hexadecimal digits, as rows are already",
    )
