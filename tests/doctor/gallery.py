"""The programs that a rule must find something in, and those that it must leave alone."""

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDERS = {"programs": HERE / "programs", "held_out": HERE / "held_out"}


@dataclass(frozen=True)
class Program:
    """A program and what is expected of it."""

    path: Path  # what is run
    code: str  # of the rule that it is written for: "EQX101"
    expected: dict[str, Any]  # its .toml

    @property
    def name(self) -> str:
        """Rule and program, such as "eqx101/filter_then_init"."""
        stem = self.path.parent if self.path.name == "main.py" else self.path.with_suffix("")
        return f"{self.code.lower()}/{stem.name}"

    def complaints(self, answer: dict[str, Any]) -> list[str]:
        """Return what is wrong with what was found."""
        if "failed" in answer:
            return [answer["failed"]]
        alarms = [each for each in answer["problems"] if each["severity"] != "note"]
        wanted = {self.code, *self.expected["also"]} if self.expected["finds"] else set()
        wanted |= set(self.expected["also"])
        said = [f"false alarm: {told(each)}" for each in alarms if each["code"] not in wanted]
        raises = self._problem.get("raises") or self.expected.get("raises", "")
        # It may have been stopped before it came to that.
        if answer["raised"] and (not raises or raises not in answer["raised"]):
            said.append(f"expected it to raise {raises or 'nothing'}: {answer['raised']}")
        if self.expected["finds"]:
            own = [each for each in alarms if each["code"] == self.code]
            said += [] if any(map(self._is_right, own)) else [self._miss(own)]
        return said

    @property
    def _problem(self) -> dict[str, Any]:
        return self.expected.get("problem", {})

    def _is_right(self, problem: dict[str, Any]) -> bool:
        at = self._line_of(problem)
        words = f"{problem['title']} {problem['why']} {problem['fix']} {problem['fix_code']}"
        texts = self._problem.get("texts", [self._problem.get("text", "")])
        is_at = any(text.strip() in at for text in texts)
        return is_at and all(word in words for word in self._problem["says"])

    def _line_of(self, problem: dict[str, Any]) -> str:
        file = self.path.parent / self._problem.get("file", self.path.name)
        if Path(problem["file"]) != file or not problem["line"]:
            return ""
        return file.read_text().splitlines()[problem["line"] - 1]

    def _miss(self, own: list[dict[str, Any]]) -> str:
        found = "\n  ".join(map(told, own)) or "nothing"
        return f"expected {self._problem}, {self.code} found:\n  {found}"


def programs(folder: str, code: str = "") -> list[Program]:
    """Return the programs of "programs" or "held_out", of one rule or of all."""
    found: list[Program] = []
    for file in sorted(FOLDERS[folder].glob(f"{code.lower() or '*'}/*.toml")):
        path = file.with_suffix(".py")
        if not path.exists():
            path = file.with_suffix("") / "main.py"
        found.append(Program(path, file.parent.name.upper(), tomllib.loads(file.read_text())))
    return found


def told(problem: dict[str, Any]) -> str:
    """Return a problem as one reads it."""
    at = f"{Path(problem['file']).name}:{problem['line']}"
    return (
        f"{problem['code']} {problem['severity']} {at} {problem['title']} | {problem['why']} | "
        f"{problem['fix']} | {problem['fix_code']}"
    )


class WarmWorker:
    """A process that examines programs, one after the other."""

    def __init__(self, *, is_quiet: bool = True) -> None:
        command = [sys.executable, str(HERE / "warm_worker.py")]
        errors = subprocess.DEVNULL if is_quiet else None
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )

    def examine(self, script: Path) -> dict[str, Any]:
        """Return what is found in a script."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        print(script, file=process.stdin, flush=True)
        line = process.stdout.readline()
        assert line, f"the worker ended with {process.wait()} at {script}"
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


def main() -> None:
    """Print what is wrong: `python tests/doctor/gallery.py [held_out] [EQX101 [NAME ...]]`."""
    words = sys.argv[1:]
    folder = words.pop(0) if words and words[0] in FOLDERS else "programs"
    code = words.pop(0) if words else ""
    worker, n_right, n_all = WarmWorker(is_quiet=not words), 0, 0
    for program in programs(folder, code):
        if words and not any(word in program.name for word in words):
            continue
        answer = worker.examine(program.path)
        complaints = program.complaints(answer)
        n_all, n_right = n_all + 1, n_right + (not complaints)
        print("FAIL" if complaints else "ok  ", program.name, flush=True)
        for complaint in complaints:
            print("   ", complaint)
        if words:
            print(*map(told, answer.get("problems", [])), sep="\n")
    worker.close()
    print(f"{n_right} of {n_all} are as expected")


if __name__ == "__main__":
    main()
