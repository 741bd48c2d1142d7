"""Run the application: `python -m eqxviz` where it is installed, `python3 eqxviz` in a checkout.

Run as a folder it needs nothing but Python: what the application needs is set up first.
"""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  (run by Pythons that are too old as well)
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit("eqxviz: Python 3.11 or newer is needed, and this is Python " + found + ".")


def _set_up() -> None:
    root = Path(__file__).resolve().parent.parent
    sys.path[0] = str(root)
    from eqxviz.bootstrap import enter_environment

    enter_environment(root)


if __name__ == "__main__":
    if not __package__:
        _set_up()
    from eqxviz.cli import main

    sys.exit(main())
