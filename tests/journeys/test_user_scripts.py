"""Ten training scripts, written by people who had seen neither this application nor its tests."""

import queue
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
# The curves that a user of each script would look for, and how many points they have.
CURVES = {
    "01_spirals_dict.py": {'m["loss"]': 54, 'm["acc"]': 54, "vl": 9, "va": 9},
    "02_cnn_thread_loader.py": {"loss": 120, "topk_accuracy": 1, "topk_accuracy (line 122)": 1},
    "03_equinox_gru.py": {"loss": 150, "accuracy": 1},
    "04_trainer_class_attention.py": {"metrics.loss": 120, "metrics.grad_norm": 120},
    "05_scan_epoch_trainstate.py": {'metrics["loss"]': 12, 'metrics["mse"]': 12},
    "06_vae_argparse.py": {"metrics.elbo_loss": 128, "metrics.kl": 128},
    "07_gan_asyncio.py": {"d_loss": 300, "g_loss": 240},
    "08_pinn_x64.py": {"loss": 560},
    # Its loss is jitted, and called only inside `jax.value_and_grad`: no call from outside.
    "09_maml_multiprocessing.py": {},
    "10_package/train.py": {'logs["train/mse"]': 160},
}
ORDINARY = ("01_spirals_dict.py",)
PATIENCE_SECONDS = 110
# What a script prints of its own speed and of the time of day.
_CHANGES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+|[\d.]+ ?(ms|s)\b|[\d.]+ steps/s")


def run_observed(script: Path, runs: Path) -> tuple[RunView, list[str]]:
    """Return the finished run of `script`, and the codes of the problems it met."""
    posted: queue.Queue = queue.Queue()
    session = Session(posted.put, Engine(posted.put, runs))
    try:
        session.start_run(str(script))
        run = session.run
        assert run is not None
        while not run.status.state.is_end:
            posted.get(timeout=PATIENCE_SECONDS)()
    finally:
        session.close(leave_run=False)
    while not posted.empty():
        posted.get()()
    return run, [problem.code for problem in session.problems]


def _marked(name: str) -> object:
    return pytest.param(name, marks=() if name in ORDINARY else pytest.mark.full)


@pytest.mark.parametrize("name", [_marked(name) for name in CURVES])
@pytest.mark.timeout(300)
def test_a_users_script_runs_unchanged_and_its_curves_have_their_names(name: str, tmp_path: Path):
    script = SCRIPTS / name
    run, problems = run_observed(script, tmp_path)
    assert (run.status.state.value, run.status.exit_code) == ("finished", 0)
    assert problems == []
    found = {curve.series.name: curve.n for curve in run.series.values()}
    assert {curve: found.get(curve) for curve in CURVES[name]} == CURVES[name]
    printed = (Path(run.folder) / "output.txt").read_text()
    alone = subprocess.run(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    assert _CHANGES.sub("", printed) == _CHANGES.sub("", alone.stdout)
