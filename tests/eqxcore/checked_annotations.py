"""Runs parity programs with every annotation checked at run time; prints those that do otherwise.

`python -m tests.eqxcore.checked_annotations [N]` runs every Nth program, or all. It is a process of
its own, since the checks are put in while the packages are imported.

What counts is what Equinox's annotations let pass: where they refuse an argument, a program says
nothing about eqxcore's.
"""

import sys
import warnings

import jaxtyping

jaxtyping.install_import_hook(["equinox", "eqxcore"], "beartype.beartype")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of annotations that beartype finds old-fashioned
    import equinox

    import eqxcore

from tests.eqxcore.parity_programs import parity_programs  # noqa: E402  (after the packages)
from tests.parity.outcome import differences, observe  # noqa: E402


def main(stride: int) -> int:
    """Run every `stride`th program and return how many did otherwise on eqxcore."""
    failed = passed = 0
    for name, program in list(parity_programs())[::stride]:
        theirs = observe(program, equinox)
        if theirs.error is not None:
            continue
        ours = observe(program, eqxcore)
        found = differences(theirs, ours)
        failed += bool(found)
        passed += not found
        if found:
            print(f"## {name}", *found, ours.error, sep="\n", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if sys.argv[1:] else 1)))
