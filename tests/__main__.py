"""Check the whole project: `python3 tests` in a checkout needs nothing but Python.

Exit status 0 means that every stage passed. The last line counts pytest's tests, and each of the
other stages as one.
"""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  (run by Pythons that are too old as well)
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit("eqxviz: Python 3.11 or newer is needed, and this is Python " + found + ".")

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    from eqxviz.bootstrap import enter_environment

    enter_environment(ROOT, extras=("test",))
    from tests.stages import main

    sys.exit(main(ROOT, sys.argv[1:]))
