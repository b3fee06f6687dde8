"""The command `mirror`: one subcommand for each thing that is done to networks or recordings outside a notebook.

A subcommand is one module of `mirror_core.commands`, named here. What it needs is imported when it runs, so that
`mirror --help` answers at once. An error that the user can do something about is one line and a non-zero exit
status: 2 for wrong input, an option or a file that cannot be used, 1 for work that failed, 130 after Ctrl-C.
"""

from __future__ import annotations

import click

from mirror_core import __version__
from mirror_core.commands.analyse import analyse
from mirror_core.commands.claims import claims
from mirror_core.commands.common import SteadyGroup, clear_errors
from mirror_core.commands.experiment import experiment
from mirror_core.commands.ingredients import ingredients
from mirror_core.commands.inspect import inspect
from mirror_core.commands.populations import populations
from mirror_core.commands.runs import runs
from mirror_core.commands.sweep import sweep
from mirror_core.runs.checkout import refuse_another_checkout


@click.group(cls=SteadyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mirror")
def main() -> None:
    """Train and measure networks, look after those that are kept, and test recordings of your own.

    Exit status of every command: 0 if all was done, 2 for an option or a file that cannot be used, 1 if the work
    failed, 130 after Ctrl-C.
    """
    with clear_errors():
        refuse_another_checkout()


for command in (claims, analyse, inspect, sweep, ingredients, experiment, populations, runs):
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="mirror")
