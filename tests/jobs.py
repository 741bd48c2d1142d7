"""Jobs of a user's own that call `eqxviz.capture()`, as real processes."""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

_PATIENCE_SECONDS = 60.0


class Job:
    """A process of the user's own; its library of runs is `state/eqxviz` in its place."""

    def __init__(self, place: Path, text: str, *argv: str, **environment: str) -> None:
        place.mkdir()
        self.place = place
        self.script = place / "job.py"
        self.script.write_text(textwrap.dedent(text))
        root = str(Path(__file__).resolve().parents[1])
        state = {"XDG_STATE_HOME": str(place / "state"), "PYTHONPATH": root}
        self.process = subprocess.Popen(
            [sys.executable, self.script, *argv],
            env={**os.environ, **state, **environment},
            cwd=place,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def library(self) -> Path:
        """The folder that it keeps its runs in, unless it was told another."""
        return self.place / "state" / "eqxviz"

    @property
    def folder(self) -> Path:
        """The folder of its run; waits until there is one."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (found := list(self.library.glob("runs/*/run.json"))):
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, "the job keeps no run"
            time.sleep(0.01)
        return found[0].parent

    def meeting(self) -> tuple[Path, str]:
        """Return its socket and its token."""
        info = json.loads((self.folder / "run.json").read_text())
        return Path(info["socket"]), Path(info["token_file"]).read_text()

    def port_and_token(self) -> tuple[int, str]:
        """Return what the line says that it prints at its start."""
        line = self.process.stderr.readline()
        told = re.search(r'attach localhost:(\d+) --token "\$\(ssh \S+ cat (\S+)\)"', line)
        assert told is not None, line + self.process.stderr.read()
        return int(told[1]), Path(told[2]).read_text()

    def end(self) -> tuple[int, str, str]:
        """Wait for its end, and return its exit code and what it printed."""
        out, err = self.process.communicate(timeout=_PATIENCE_SECONDS)
        return self.process.returncode, out, err

    def close(self) -> None:
        """Be rid of it."""
        self.process.kill()
        self.process.communicate()
