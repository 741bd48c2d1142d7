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
    launch = launch_of(None, TOLD, {"XLA_FLAGS": "--a"})
    variables = (("JAX_ENABLE_X64", "1"),)
    assert launch == Launch("/x/train.py", ("--lr", "1"), folder="/x", environment=variables)


def test_another_interpreter_is_taken_again() -> None:
    launch = launch_of(None, replace(TOLD, python="/other/python"))
    assert launch is not None
    assert launch.python == "/other/python"


def test_a_launch_that_was_kept_is_taken_as_it_is() -> None:
    launched = Launch("pack.train", ("--lr", "1"), is_module=True, folder="/x", cores=1)
    assert launch_of(launched, None) == launched
    told = replace(TOLD, environment=())
    assert launch_of(launched, told, {}) == launched


def test_variables_that_a_launch_inherited_then_are_given_where_they_are_others_now() -> None:
    launched = Launch("pack.train", is_module=True, x64=True, environment=(("A", "b"),))
    told = replace(
        TOLD, environment=(("JAX_ENABLE_X64", "true"), ("XLA_FLAGS", "--a"), ("JAX_PLATFORMS", ""))
    )
    launch = launch_of(launched, told, {"XLA_FLAGS": "--b", "JAX_PLATFORMS": ""})
    assert launch == replace(launched, environment=(("A", "b"), ("XLA_FLAGS", "--a")))


def test_a_device_that_is_not_visible_any_more_is_left_to_the_start_to_refuse() -> None:
    launched = Launch("/x/train.py", device="cuda:3")
    assert launch_of(launched, TOLD, {"CUDA_VISIBLE_DEVICES": "0"}) == launched


def test_of_a_run_of_which_nothing_is_known_there_is_no_launch() -> None:
    assert launch_of(None, None) is None
