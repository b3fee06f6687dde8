"""What is too large is said in one sentence, before the work or where it turns up."""

import numpy as np
import pytest
import torch

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.runs import size
from mirror_core.runs.making import make, obtain
from mirror_core.runs.size import TooLarge, refuse_too_large, too_large_is_said
from mirror_core.runs.store import RunStore


@pytest.mark.parametrize(
    "name", ["hidden_size", "input_size", "n_sequences", "sequence_length", "sensory_dim", "n_actions"]
)
def test_a_network_that_no_machine_holds_is_refused_before_any_is_made(name, tmp_path):
    small, huge = Config().change(n_sequences=2, n_epochs=1), Config().change(**{name: 10**23})
    for ask in (lambda: make(huge, None), lambda: obtain([small, huge], RunStore(tmp_path))):
        with pytest.raises(OptionError, match=rf"^{name} = {10**23} is not allowed: the network would take"):
            ask()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("core", ["gru", "state-space", "transformer"])
def test_the_weights_are_counted_as_they_are_made(core, monkeypatch):
    config = Config().change(core=core, hidden_size=40, n_sequences=1, n_heldout=1, batch_size=1)
    refuse_too_large(config)
    weights = 16 * sum(one.numel() for one in MirrorNetwork(config).cores.parameters())
    monkeypatch.setattr(size, "LIMIT", weights)
    with pytest.raises(OptionError, match="is not allowed"):
        refuse_too_large(config)
    monkeypatch.setattr(size, "LIMIT", weights + 10**5)
    refuse_too_large(config)


@pytest.mark.parametrize("ask", [
    lambda: torch.zeros(10**23), lambda: torch.zeros(10**17), lambda: np.zeros(10**23), lambda: np.zeros(10**17),
    lambda: torch.arange(3).split(10**23),
])  # fmt: skip
def test_what_libraries_say_becomes_one_sentence(ask):
    with (
        pytest.raises(
            TooLarge, match=r"^there is too little memory for this, or a number in it is too large \(.+\)\.$"
        ),
        too_large_is_said(),
    ):
        ask()


def test_other_errors_stay_what_they_are():
    with pytest.raises(ValueError, match="^could not broadcast"), too_large_is_said():
        np.zeros(3)[:] = np.zeros(2)
