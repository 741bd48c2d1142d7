"""`eqxviz run`: the words that say how a script is run."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eqxviz.cli.without_window import STOPPED_AT
from eqxviz.engine.launch import DEBUG_FLAGS, OWN_PYTHON, Launch

if TYPE_CHECKING:
    from argparse import ArgumentParser

_USAGE = "eqxviz run [OPTIONS] SCRIPT.py | -m MODULE [-- ARGUMENTS]"
_EXAMPLES = """examples:
  eqxviz run train.py -- --steps 500      what comes after -- is the script's
  eqxviz run --headless train.py          no window: over ssh, in a job
  eqxviz run --device cpu --x64 train.py  elsewhere, in other numbers
  eqxviz run -d nans -m package.train     a module, until its first NaN
  eqxviz run --stop 'loss > 10' train.py  pause where a curve goes astray
  eqxviz run --headless --keep --stop nan train.py
                                          say which equation made the NaN
  eqxviz run --save-every 100 train.py    checkpoints, in Equinox's format

where to stop:
  nan, 'nan in loss'  a curve is NaN or Inf; with --keep, any part of a result
  'loss > 10'         a curve meets a condition
  recompile           a function that was compiled before is compiled again
  exception           nothing catches an exception
  train.py:41         before a line; :41 is one of the script
  NAME                before the next call of a jitted function
                      after the last two, a condition: 'step if i == 7'

debug flags:
"""
_EPILOGUE = _EXAMPLES + "\n".join(
    f"  {name:15} {flag.words}\n{'':18}{flag.variable}={flag.value}"
    for name, flag in DEBUG_FLAGS.items()
)


def add_parser(add: "Callable[..., ArgumentParser]", window: "ArgumentParser") -> None:
    """Add the parser of `run`; `window` holds the options of all that opens a window."""
    parser = add(
        "run",
        parents=[window],
        help="run a training script and watch it",
        usage=_USAGE,
        description="Runs a script as `python SCRIPT.py` does, and shows what it does meanwhile.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target", metavar="SCRIPT.py", nargs="?", help="the script; it needs no change"
    )
    parser.add_argument("-m", "--module", metavar="MODULE", help="run a module, as python -m does")
    parser.add_argument(
        "--headless",
        action="store_true",
        help="open no window: a line in the terminal says how far it is, and the run is kept",
    )
    add_surroundings(parser)
    parser.add_argument(
        *("--debug", "-d"),
        action="append",
        default=[],
        metavar="FLAG",
        help="a setting of JAX's that finds mistakes, see below; may be given again",
    )
    parser.add_argument("--hold", action="store_true", help="pause before the first jitted call")
    _add_stopping(parser)
    parser.add_argument(
        "--dynamics",
        type=int,
        metavar="N",
        help="measure the norms of weights, updates and gradients each N steps",
    )
    _add_saving(parser)


def add_surroundings(parser: "ArgumentParser") -> None:
    """Add the options that say in what surroundings a script runs."""
    parser.add_argument(
        "--python",
        default="",
        metavar="PATH",
        help="the interpreter, or the folder of its environment; by default that of the active "
        "environment or of a .venv at the script, if it has JAX; "
        f'"{OWN_PYTHON}" is the one of eqxviz',
    )
    parser.add_argument("--cwd", default="", metavar="DIR", help="the working directory")
    parser.add_argument(
        *("--env", "-e"),
        action="append",
        default=[],
        type=_variable,
        metavar="NAME=VALUE",
        help="an environment variable; may be given again",
    )
    parser.add_argument(
        "--unset",
        action="append",
        default=[],
        dest="env",
        type=lambda name: (name, None),
        metavar="NAME",
        help="take an environment variable away",
    )
    parser.add_argument("--device", help='"cpu", "gpu" or "cuda:1"; as JAX chooses without')
    parser.add_argument(
        "--cpus", type=int, metavar="N", help="as how many devices JAX sees the CPU"
    )
    parser.add_argument("--cores", type=int, metavar="N", help="how many cores it may use")
    parser.add_argument(
        "--memory-fraction", type=float, metavar="F", help="of a GPU's memory: 0.5 is half of it"
    )
    parser.add_argument(
        "--preallocate",
        action=argparse.BooleanOptionalAction,
        help="take the GPU's memory at once, or as it is needed",
    )
    parser.add_argument(
        "--x64", action=argparse.BooleanOptionalAction, help="64-bit numbers, or never"
    )


def _add_stopping(parser: "ArgumentParser") -> None:
    parser.add_argument(
        "--stop",
        action="append",
        default=[],
        metavar="WHERE",
        help="where to pause, see below; without a window: say why, and end with exit code "
        f"{STOPPED_AT}; may be given again",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep what the latest call was given, so that it can be replayed: one more model "
        "and optimiser state",
    )


def _add_saving(parser: "ArgumentParser") -> None:
    add = parser.add_argument
    add("--save-every", type=int, metavar="N", help="save a checkpoint each N steps")
    add("--save-at-end", action="store_true", help="save one as the script ends or is stopped")
    add(
        "--save-to",
        default="",
        metavar="DIR",
        help="the folder; by default one named after the run, in ./checkpoints",
    )
    add(
        "--save-what",
        default="",
        metavar="PATH",
        help='what of the arguments of the step: "model.layers[0]", "model, state"; the model',
    )
    add(
        "--save-as",
        default="",
        metavar="PATTERN",
        help='what the files are called: "{name}_{step:06}.eqx"',
    )
    add("--save-last", type=int, metavar="K", help="remove all but the last K")


def what_contradicts(options: argparse.Namespace) -> str:
    """Return what is wrong with the options, "" if nothing is."""
    if wrong := what_is_not_one(options):
        return wrong
    if options.headless:
        for name in ("screenshot", "exit_after"):
            if getattr(options, name, None) is not None:
                return f"--headless opens no window: drop it or --{name.replace('_', '-')}"
        if options.hold:
            return "--hold waits for a window to let it go on: drop it or --headless"
    faults = launch_of(options, ()).faults()
    return f"{faults[0].what}. {faults[0].fix}" if faults else ""


def what_is_not_one(options: argparse.Namespace) -> str:
    """Return what is wrong if they do not name one script or module; "" if they do."""
    if (options.target is None) != (options.module is None):
        return ""
    return "name a script, or a module with -m" if options.module is None else _BOTH


def surroundings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_surroundings` has the options say, as fields of a `Launch`."""
    return {
        "folder": options.cwd,
        "environment": tuple(options.env),
        "python": options.python,
        "device": options.device,
        "cpu_devices": options.cpus,
        "cores": options.cores,
        "memory_fraction": options.memory_fraction,
        "preallocate": options.preallocate,
        "x64": options.x64,
    }


def launch_of(options: argparse.Namespace, argv: tuple[str, ...]) -> Launch:
    """Return what the options say; `argv` are the script's own arguments."""
    return Launch(
        script=options.module or options.target,
        argv=argv,
        is_module=options.module is not None,
        **surroundings(options),
        debug=tuple(dict.fromkeys(options.debug)),
        hold=options.hold,
        stops=tuple(dict.fromkeys(options.stop)),
        keep_calls=options.keep,
        dynamics_every=options.dynamics,
        save_every=options.save_every,
        save_at_end=options.save_at_end,
        save_to=options.save_to,
        save_as=options.save_as,
        save_what=options.save_what,
        save_last=options.save_last,
    )


_BOTH = "name a script or a module, not both: what the script is to be given comes after --"


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no variable: write NAME=VALUE")
    return name, value
