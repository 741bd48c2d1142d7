"""How a run of the past is run again."""

import sys
from dataclasses import replace

from eqxviz.engine.launch import Launch
from eqxviz.records import RunDescription
from eqxviz.session.runs.again import launch_of

TOLD = RunDescription(
    "/x/train.py", ("--lr", "1"), "/x", sys.executable, (),
    (("JAX_ENABLE_X64", "1"), ("OMP_NUM_THREADS", "2"), ("XLA_FLAGS", "--a")), "host", (), "", "",
    "", "", 0.0,
)  # fmt: skip


def test_script_arguments_folder_and_settings_of_jax_are_those_of_then() -> None:
    launch = launch_of(TOLD, {"XLA_FLAGS": "--a"})
    variables = (("JAX_ENABLE_X64", "1"),)
    assert launch == Launch("/x/train.py", ("--lr", "1"), folder="/x", environment=variables)


def test_another_interpreter_is_taken_again() -> None:
    assert launch_of(replace(TOLD, python="/other/python")).python == "/other/python"
