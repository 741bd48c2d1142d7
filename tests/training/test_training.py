"""Training scripts that say `import equinox` come to the same losses on Equinox and on eqxcore."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
#: The quickest one; the others are run in the full tier.
ORDINARY = ("rnn",)
FULL = ("cnn", "diffusion", "gan", "gpt", "unet", "vit")

#: What two numbers of single precision may differ by, relatively, at the end of a training: some
#: hundred roundings, since the packages may add and multiply in another order. A wrong formula, a
#: key used in another order or a forgotten update shows in the second digit.
TOLERANCE = 1e-4

_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
_ADDRESS = re.compile(r"0x[0-9a-f]+")


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "name", [*ORDINARY, *(pytest.param(name, marks=pytest.mark.full) for name in FULL)]
)
def test_both_packages_print_the_same(name: str, repository: Path, tmp_path: Path) -> None:
    script = str(FOLDER / f"{name}.py")
    started = [
        _started([script], repository, tmp_path),
        _started(["-m", "eqxcore.as_equinox", script], repository, tmp_path),
    ]
    (theirs, warned, status), (ours, own_warned, own_status) = map(_ended, started)
    assert (status, own_status) == (0, 0), warned + own_warned
    assert _NUMBER.sub("#", ours) == _NUMBER.sub("#", theirs)
    assert own_warned == warned
    numbers = [float(each) for each in _NUMBER.findall(theirs)]
    assert len(numbers) >= 10
    assert [float(each) for each in _NUMBER.findall(ours)] == pytest.approx(numbers, TOLERANCE, 0)


def test_no_script_is_forgotten() -> None:
    scripts = {each.stem for each in FOLDER.glob("*.py")} - {Path(__file__).stem}
    assert scripts == {*ORDINARY, *FULL}


def _started(arguments: list[str], repository: Path, folder: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository),
        # Most of the time goes into compiling, and half of that into making the result fast.
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended(process: subprocess.Popen[str]) -> tuple[str, str, int]:
    with process:
        printed, errors = process.communicate()
    return _ADDRESS.sub("0x", printed), errors, process.returncode
