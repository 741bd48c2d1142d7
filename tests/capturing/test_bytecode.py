"""Results are called what they are assigned to also where there is no source."""

import ast
import sys

import pytest

from eqxviz.capturing.bytecode import targets_after

FUNCTION = "def work():\n    loss, (w, mean) = call()\n    return w\nwork()"


@pytest.mark.parametrize(
    ("code", "targets"),
    [
        ("loss = call()", "loss"),
        ("loss, w = call2()", "(loss, w)"),
        ("loss, (w, mean) = call()", "(loss, (w, mean))"),
        (FUNCTION, "(loss, (w, mean))"),
        ("x = [0]\nx[0], w = call2()", "(_, _)"),
        ("loss, x.part = call2()", "(loss, _)"),
        ("call()", ""),
        ("print(call())", ""),
    ],
)
def test_targets_are_read_off_the_bytecode(code: str, targets: str) -> None:
    found: list[ast.expr | None] = []

    def call2() -> tuple[int, int]:
        caller = sys._getframe(1)
        found.append(targets_after(caller.f_code, caller.f_lasti))
        return 1, 2

    def call() -> tuple[int, tuple[int, int]]:
        caller = sys._getframe(1)
        found.append(targets_after(caller.f_code, caller.f_lasti))
        return 1, (2, 3)

    namespace = {"call": call, "call2": call2, "x": call, "print": lambda what: None}
    exec(compile(code, "<stdin>", "exec"), namespace)
    assert ["" if each is None else ast.unparse(each) for each in found] == [targets]
