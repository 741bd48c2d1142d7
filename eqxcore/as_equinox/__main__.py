"""The command `python -m eqxcore.as_equinox`."""

import os
import sys
from pathlib import Path
from typing import NoReturn

_MODULE = "eqxcore.as_equinox"
_START = Path(__file__).with_name("_start")
_USAGE = f"usage: python [option] ... -m {_MODULE} [SCRIPT.py | -m MODULE | -c CODE | -] [arg] ..."


def main() -> NoReturn:
    """Become a Python that runs what the arguments say, with eqxcore in the place of Equinox.

    A new Python, since this one has imported JAX already, which the script may want to configure
    before that. It finds `sitecustomize` in `PYTHONPATH`, and what it starts finds it there too.
    """
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        print(_USAGE)
        sys.exit(0)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-m", "-c", "-")):
        given = f"what is to be run cannot be {arguments[0]!r}" if arguments else "nothing to run"
        sys.exit(
            f"{_MODULE}: {given}. Give a script. Options for Python itself go before "
            f"`-m {_MODULE}`.\n{_USAGE}"
        )
    if sys.flags.ignore_environment or sys.flags.no_site:
        sys.exit(
            f"{_MODULE}: Python was started with -E, -I or -S, but the place of eqxcore is handed "
            "on in PYTHONPATH, which it then does not read. Leave these options out."
        )
    path = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_START), path] if path else [str(_START)]),
    }
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *_options(), *arguments], environment)


def _options() -> list[str]:
    """Return what was said to Python before the `-m eqxcore.as_equinox`: a `-W error`, say."""
    *options, last = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv[1:])]
    cluster = options.pop() + last if last == _MODULE else last  # `-m NAME`, `-mNAME`, `-um NAME`
    cluster = cluster.removesuffix(f"m{_MODULE}")
    return options if cluster == "-" else [*options, cluster]


main()
