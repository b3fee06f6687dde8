"""Many networks: a declared sweep becomes runs in the store and one tidy table.

A sweep is declared in a TOML file. Whatever is not named is as in the paper::

    readings = ["as-written", "self-observation"]   # each list is combined with all others
    conditions = ["shared", "untrained"]
    seeds = { first = 42, count = 10 }              # or a list

    [base]                  # settings that all networks share
    n_epochs = 10

    [grid]                  # every combination of these
    n_actions = [4, 6, 8]
    core = ["gru", "lstm"]

    [sample]                # and, for each of these random draws, all of the above
    size = 100
    seed = 0

    [sample.of]
    noise_std = { low = 0.0, high = 0.5 }
    learning_rate = { low = 1e-4, high = 1e-2, log = true }
    effect_distribution = ["normal", "uniform", "orthogonal"]
    # `reading`, `condition` and `seed` can be drawn too, in place of their lists

`mirror sweep FILE` runs it with one-thread worker processes on this machine. A run that is finished is kept at once,
weights and measures, so the same command goes on after any interruption and does only what is missing. The rows of the
table come in the order of the declaration, and all of its columns but those in `TIMING` are the same whether or not the
sweep was interrupted, and wherever the runs were made by equal processors.

On a cluster
------------
`mirror sweep FILE --dask ADDRESS` has the work done by the workers of a Dask cluster. They need this package in the
same version, one thread each, and the same store folder, on a disk that all machines share. A worker that dies is
replaced by Dask, and its work is done again by another one. README.md, *Many networks*, has the script for SLURM.

Several samples
---------------
`mirror sweep ONE.toml TWO.toml --out TABLE.parquet` makes one table of several declarations: what one sample cannot
say, such as other sizes for other cores. The table's `attrs` say what was declared, with which code, when, on which
processors and in how many seconds.

Networks are not stacked: on a processor, `mirror_core.networks.training.loop.train_many` computes each by itself, so
that nothing would be gained. On a GPU it should pay, which nobody has measured yet; call it directly there.
"""
