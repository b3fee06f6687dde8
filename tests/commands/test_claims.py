"""`mirror claims`: plans, judges, writes and checks, and ends with the status that it says."""

import json

import pytest
from click.testing import CliRunner

from mirror_core.cli import main
from mirror_core.commands import claims as command
from mirror_core.config.settings import Config
from mirror_core.studies.claims import evidence, results
from mirror_core.studies.claims.evidence import claim_grid

TINY = Config().change(
    hidden_size=6, input_size=4, n_sequences=24, n_heldout=5, n_epochs=1, batch_size=24, sequence_length=4
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("claims")


@pytest.fixture
def judge(folder, monkeypatch):
    """Run the command on tiny networks, with their verdicts as the committed ones."""

    def small_gather(grid, *, store):
        return gather(grid, 10, 5, 1, choices=None, store=store, progress=False)

    gather = evidence.gather
    monkeypatch.setattr(evidence, "claim_grid", lambda base, *rest: claim_grid(TINY, *rest))
    monkeypatch.setattr(evidence, "gather", small_gather)
    monkeypatch.setattr(results, "COMMITTED", folder / "committed.json")

    def run(*options):
        basic = ["claims", "--store", str(folder / "runs"), "--reading", "as-written", "--n-seeds", "1"]
        return CliRunner().invoke(main, [*basic, *map(str, options)])

    return run


def test_a_dry_run_says_what_there_is_to_do_and_does_nothing(judge, folder):
    done = judge("--dry-run")
    assert done.exit_code == 0, done.output
    assert "9 networks: 0 kept" in done.stdout and "9 to train.\nAbout " in done.stdout
    assert not (folder / "runs").exists()


def test_prints_writes_and_checks(judge, folder):
    table = judge()
    assert table.exit_code == 0, table.output
    assert "emergence-strong" in table.stdout and "Reproduced, of 16: " in table.stdout
    assert "9 networks: 0 kept" in table.stderr and "networks" not in table.stdout

    assert judge("--format", "csv").stdout.startswith("claim,says,paper,place,reading,verdict,")
    path = folder / "committed.json"
    assert judge("--check").exit_code == 2  # nothing to compare with
    assert judge("--format", "json", "--out", path).stdout == f"16 verdicts in {path}\n"
    same = judge("--check")
    assert same.exit_code == 0, same.output

    content = json.loads(path.read_text(encoding="utf-8"))
    first = content["verdicts"][0]
    first["verdict"], was = "never", first["verdict"]
    path.write_text(json.dumps(content), encoding="utf-8")
    changed = judge("--check")
    assert changed.exit_code == command.CHANGED
    assert "emergence-strong, as-written: verdict was never" in changed.stderr and f"is {was}" in changed.stderr


def test_verdicts_on_other_networks_are_not_compared(judge, folder):
    path = folder / "committed.json"
    judge("--format", "json", "--out", path)
    done = judge("--check", "--seed", 3)
    assert done.exit_code == 2 and "seeds = [42] instead of [3]" in done.stderr
