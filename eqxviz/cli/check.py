"""`eqxviz check` and `eqxviz explain`: the words that say what is looked at, and the rules."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from eqxviz.cli.run import add_surroundings, surroundings, what_is_not_one
from eqxviz.cli.without_window import OK, USAGE, print_parts
from eqxviz.engine.launch import Launch

if TYPE_CHECKING:
    from argparse import ArgumentParser

_USAGE = "eqxviz check [OPTIONS] TARGET | -m MODULE [-- ARGUMENTS]"
_EPILOGUE = """examples:
  eqxviz check train.py -- --batch 8      what comes after -- is the script's
  eqxviz check model.py:make              a model alone, which make() returns
  eqxviz check -m package.train --steps 20
  eqxviz check train.py --format json     for programs
  eqxviz explain EQX106                   what a rule finds, and how it is mended

what is meant is said in the code, on the line or above it:
  step(x, n)  # eqxviz: ignore[EQX110]
or in pyproject.toml:
  [tool.eqxviz]
  ignore = ["EQX110"]
  per-file-ignores = {"examples/*.py" = ["EQX105"]}

exit codes:
  0  it was judged, and there are no problems
  1  there are problems, or the script failed
  2  it could not be judged: wrong options, no such file, no JAX
  130  interrupted (Ctrl+C): what was found so far is printed"""


def add_parsers(add: "Callable[..., ArgumentParser]") -> None:
    """Add the parsers of `check` and `explain`."""
    parser = add(
        "check",
        help="find problems in a training script or a model",
        usage=_USAGE,
        description="Runs a script as `eqxviz run` does until each of its jitted functions was "
        "called three times and a second more, stops it, and reports mistakes: each with its "
        "line, the reason and a "
        "fix. Of FILE:NAME, or of a file that only makes a model, the model is looked at. The run "
        "is not kept. What the script prints goes to the standard error.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target", metavar="FILE[:NAME]", nargs="?", help="a script, or what makes a model in it"
    )
    parser.add_argument("-m", "--module", metavar="MODULE", help="run a module, as python -m does")
    parser.add_argument(
        "--steps", type=int, default=0, metavar="N", help="stop after so many steps of training"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="stop after that time, and judge what was seen until then",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_surroundings(parser)
    explaining = add(
        "explain",
        help="say what a rule of `eqxviz check` finds",
        description="Says what a rule finds, why that is a mistake, and how it is mended. Without "
        "a code it lists all rules.",
    )
    explaining.add_argument("code", metavar="CODE", nargs="?", help="such as EQX106")


def what_contradicts(options: argparse.Namespace) -> str:
    """Return what is wrong with the options, "" if nothing is."""
    if wrong := what_is_not_one(options):
        return wrong
    if options.steps < 0:
        return f"{options.steps} steps are none: say 1 or more"
    if options.timeout is not None and not options.timeout > 0:
        return f"{options.timeout:g} seconds are no time: say 60, or 0.5"
    launch, name = launch_of(options, ())
    if not launch.is_module and os.path.isfile(launch.file) and not launch.file.endswith(".py"):
        return f"{launch.title} is no Python file: what is checked is a program"
    if name and not name.strip():
        return f"nothing is named after the colon of {options.target!r}"
    faults = launch.faults()
    return f"{faults[0].what}. {faults[0].fix}" if faults else ""


def launch_of(options: argparse.Namespace, argv: tuple[str, ...]) -> tuple[Launch, str]:
    """Return what the options say, and the name of what is to be made; "" runs the script."""
    from eqxviz.session.sources import split_target

    script, name = (options.module, "") if options.module else split_target(options.target)
    is_module = options.module is not None
    return Launch(script=script, argv=argv, is_module=is_module, **surroundings(options)), name


def explain(code: str | None) -> int:
    """Print what a rule finds, without a code which rules there are; return the exit code."""
    from eqxviz.session.checking.rules import code_of, rule_list, rule_text, rules

    if code is None:
        text = f"{rule_list()}\n\n`eqxviz explain CODE` says more of one."
    elif known := code_of(code):
        text = rule_text(rules()[known])
    else:
        said = f"eqxviz: there is no rule {code!r}; there are {', '.join(rules())}"
        print(said, file=sys.stderr)
        return USAGE
    print_parts([f"{text}\n"])
    return OK
