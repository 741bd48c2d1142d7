"""A launch says how a script is run: what is wrong with it, and in which environment it runs."""

import json
import subprocess
import sys

import pytest

from eqxviz.engine import commands
from eqxviz.engine.launch import DEBUG_FLAGS, Launch, LaunchError


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for name in ("JAX_PLATFORMS", "CUDA_VISIBLE_DEVICES", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "train.py"
    path.write_text("print()")
    return str(path)


def variables(**what):
    return Launch("train.py", **what).variables({"KEPT": "1"})


def fault(launch):
    (found,) = launch.faults()
    return found


def test_what_is_not_said_leaves_the_environment_alone():
    assert variables() == {"KEPT": "1"}


def test_the_cpu_is_chosen_by_its_platform():
    assert variables(device="cpu")["JAX_PLATFORMS"] == "cpu"


def test_any_gpu_leaves_all_of_them_visible():
    made = variables(device="gpu")
    assert made["JAX_PLATFORMS"] == "cuda,cpu"
    assert "CUDA_VISIBLE_DEVICES" not in made


def test_one_gpu_is_the_only_one_that_is_visible():
    assert variables(device="cuda:1")["CUDA_VISIBLE_DEVICES"] == "1"


def test_a_gpu_is_counted_among_those_that_the_user_left_visible():
    visible = {"CUDA_VISIBLE_DEVICES": "4,7"}
    assert Launch("a.py", device="cuda:1").variables(visible)["CUDA_VISIBLE_DEVICES"] == "7"
    with pytest.raises(LaunchError, match="CUDA_VISIBLE_DEVICES=4,7 leaves 2 devices"):
        Launch("a.py", device="cuda:2").variables(visible)


@pytest.mark.parametrize("device", ["tpu", "cpu:1", "cuda:one", "cuda:-1", ""])
def test_other_names_are_refused(device):
    with pytest.raises(LaunchError, match="no device is called"):
        variables(device=device)


def test_the_users_variables_come_last_and_can_be_taken_away():
    made = variables(x64=True, environment=(("JAX_ENABLE_X64", "false"), ("KEPT", None)))
    assert made == {"JAX_ENABLE_X64": "false"}


def test_memory_and_devices_are_variables_that_jax_reads():
    made = variables(cpu_devices=4, memory_fraction=0.5, preallocate=False)
    assert made["JAX_NUM_CPU_DEVICES"] == "4"
    assert made["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.5"
    assert made["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


_READ = """
import json, os, jax
jax.numpy.ones(1)
found = {v: getattr(jax.config, v.lower()) for v in os.environ["ASKED"].split()}
print(json.dumps([len(jax.devices()), jax.config.jax_enable_x64, found]))
"""


def test_jax_takes_each_of_them_from_the_environment(monkeypatch):
    # The flags of the user's stay what they were.
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    quiet = tuple(name for name in DEBUG_FLAGS if name != "log-compiles")
    asked = [flag.variable for name, flag in DEBUG_FLAGS.items() if name in quiet]
    launch = Launch("a.py", device="cpu", cpu_devices=3, x64=True, debug=quiet)
    environment = launch.variables(commands.worker_environment()) | {"ASKED": " ".join(asked)}
    answer = subprocess.run(
        [sys.executable, "-c", _READ], env=environment, capture_output=True, text=True, check=True
    )
    n_devices, x64, found = json.loads(answer.stdout)
    assert (n_devices, x64) == (3, True)
    wanted = {f.variable: True if f.value == "1" else f.value for f in DEBUG_FLAGS.values()}
    assert found == {name: wanted[name] for name in asked}


def test_a_file_that_is_not_there_is_named(tmp_path):
    found = fault(Launch(str(tmp_path / "gone.py")))
    assert (found.field, found.what) == ("script", f"there is no file {tmp_path}/gone.py")


def test_a_folder_is_a_script_if_it_holds_main(tmp_path):
    assert "without __main__.py" in fault(Launch(str(tmp_path))).what
    (tmp_path / "__main__.py").write_text("")
    assert Launch(str(tmp_path)).faults() == ()


def test_a_notebook_is_told_what_to_do(tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    assert "eqxviz.capture()" in fault(Launch(str(tmp_path / "a.ipynb"))).fix


@pytest.mark.parametrize(
    ("wrong", "field", "what"),
    [
        ({"folder": "/no/such"}, "folder", "/no/such does not exist"),
        ({"environment": (("A=B", "1"),)}, "environment", "no name of an environment variable"),
        ({"device": "tpu"}, "device", "no device is called 'tpu'"),
        ({"cpu_devices": 0}, "cpu_devices", "0 CPU devices"),
        ({"cores": 4096}, "cores", "4096 cores cannot be had"),
        ({"memory_fraction": 1.5}, "memory_fraction", "1.5 is no fraction"),
        ({"debug": ("nan",)}, "debug", "no debug flag is called 'nan'"),
        ({"argv": ("a\0b",)}, "argv", "zero byte"),
        ({"stops": ("nan", "3 +")}, "stops", "'3 +' is nothing to stop at"),
        ({"save_every": 0}, "save_every", "0 steps are no distance"),
        ({"save_every": 5, "save_last": 0}, "save_last", "0 checkpoints are none"),
        ({"save_every": 5, "save_as": "a.eqx"}, "save_as", "names no file for each step"),
        ({"save_every": 5, "save_as": "{x}_{step}"}, "save_as", "names no file: KeyError"),
        ({"save_every": 5, "save_what": "model.layers["}, "save_what", "neither an argument nor"),
        ({"save_to": "out"}, "save_every", "how to save checkpoints, but not when"),
    ],
)
def test_what_is_wrong_is_said_of_the_field(script, wrong, field, what):
    found = fault(Launch(script, **wrong))
    assert found.field == field
    assert what in found.what


def test_several_things_that_are_wrong_are_all_said(script):
    found = Launch(script, folder="/no/such", device="tpu", cpu_devices=0).faults()
    assert [fault.field for fault in found] == ["folder", "device", "cpu_devices"]


def test_a_module_is_found_below_the_working_directory(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "train.py").write_text("")
    launch = Launch("package.train", is_module=True, folder=str(tmp_path))
    assert launch.file == str(tmp_path / "package" / "train.py")
    assert launch.title == "-m package.train"
    elsewhere = Launch("json.tool", is_module=True, folder=str(tmp_path))
    assert (elsewhere.file, elsewhere.place) == ("", "json.tool")
    assert elsewhere.faults() == ()
    assert "no name of a module" in fault(Launch("a b.c", is_module=True)).what


def test_whole_paths_hold_anywhere(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    launch = Launch("train.py", folder=".").anchored()
    assert (launch.script, launch.folder) == (script, str(tmp_path))


def test_a_window_can_import_eqxviz_and_what_it_starts_is_not_told(monkeypatch, repository):
    monkeypatch.setenv("PYTHONPATH", "/mine")
    for_window = commands.window_environment()
    assert for_window["PYTHONPATH"] == f"/mine:{repository}"
    for_worker = commands.worker_environment(for_window)
    assert for_worker["PYTHONPATH"] == "/mine"
    assert "EQXVIZ_IMPORT_PATH" not in for_worker
