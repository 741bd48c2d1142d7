"""Run the application: `python -m eqxviz` where it is installed, `python3 eqxviz` in a checkout.

Run as a folder it needs nothing but Python: what the application needs is set up first.
"""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  (run by Pythons that are too old as well)
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit("eqxviz: Python 3.11 or newer is needed, and this is Python " + found + ".")


_ROOT = Path(__file__).resolve().parent.parent


def _set_up() -> None:
    from eqxviz.bootstrap import enter_environment

    enter_environment(_ROOT)


if __name__ == "__main__":
    if not (__package__ and sys.flags.safe_path):
        # In the place of the working directory, whose token.py is not to stand for Python's.
        sys.path[0] = str(_ROOT)
    if not __package__:
        _set_up()
    from eqxviz.cli import main

    sys.exit(main())
