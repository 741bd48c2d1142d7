"""What there is to choose from for a launch."""

import pytest

from eqxviz.engine.devices import Device
from eqxviz.session.launching.choices import missed

CPU, GPUS = Device("cpu", "cpu", 0), (Device("cuda:0", "H200", 1), Device("cuda:1", "H200", 1))


@pytest.mark.parametrize("device", ["cpu", "gpu", "cuda", "cuda:1", "gpu:0"])
def test_a_device_that_jax_finds_needs_no_word(device: str):
    assert missed(device, (CPU, *GPUS)) == ""


def test_a_device_that_jax_does_not_find_is_told_with_what_there_is():
    assert "go on with the CPU" in missed("cuda", (CPU,))
    assert missed("cuda:2", (CPU, *GPUS)) == "JAX finds no cuda:2 there, but cuda:0, cuda:1."
