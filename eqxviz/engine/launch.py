"""What a run is started as: the script with all that surrounds it, and what is wrong with it."""

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple


class DebugFlag(NamedTuple):
    """A setting of JAX's that helps to find a mistake, and that it reads from the environment."""

    variable: str
    value: str
    words: str


DEBUG_FLAGS: Mapping[str, DebugFlag] = {
    "nans": DebugFlag("JAX_DEBUG_NANS", "1", "Raise where a NaN first appears"),
    "infs": DebugFlag("JAX_DEBUG_INFS", "1", "Raise where an infinity first appears"),
    "no-jit": DebugFlag("JAX_DISABLE_JIT", "1", "Run every operation by itself, without jit"),
    "log-compiles": DebugFlag("JAX_LOG_COMPILES", "1", "Print each compilation"),
    "cache-misses": DebugFlag(
        "JAX_EXPLAIN_CACHE_MISSES", "1", "Print why a function was traced again"
    ),
    "tracer-leaks": DebugFlag("JAX_CHECK_TRACER_LEAKS", "1", "Raise where a tracer leaks"),
    "key-reuse": DebugFlag("JAX_DEBUG_KEY_REUSE", "1", "Raise where a random key is used twice"),
    "tracebacks": DebugFlag("JAX_TRACEBACK_FILTERING", "off", "Leave JAX's frames in tracebacks"),
    "rank-promotion": DebugFlag(
        "JAX_NUMPY_RANK_PROMOTION", "raise", "Raise where ranks are promoted"
    ),
    "dtype-promotion": DebugFlag(
        "JAX_NUMPY_DTYPE_PROMOTION", "strict", "Raise where dtypes are promoted"
    ),
    "transfers": DebugFlag("JAX_TRANSFER_GUARD", "log", "Print implicit transfers to a device"),
}


class Fault(NamedTuple):
    """Something for which a launch cannot be carried out. `field` is one of `Launch`'s."""

    field: str
    what: str  # "there is no file train.py"
    fix: str


class LaunchError(ValueError):
    """Raised for a launch that cannot be carried out; holds the first `Fault` there is."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.what}. {fault.fix}")
        self.fault = fault


@dataclass(frozen=True)
class Launch:
    """A script, and how it is run. What is None or empty is left as it would be by itself."""

    script: str  # a path; of a module its name: "package.train"
    argv: tuple[str, ...] = ()
    is_module: bool = False
    folder: str = ""  # the working directory
    environment: tuple[tuple[str, str | None], ...] = ()  # None: the variable is taken away
    python: str = ""  # an interpreter, or the folder of an environment; OWN_PYTHON
    device: str | None = None  # "cpu", "gpu", "cuda:1"
    cpu_devices: int | None = None  # as how many devices JAX sees the CPU
    cores: int | None = None  # of the CPU that the process may use
    memory_fraction: float | None = None  # of a GPU's memory
    preallocate: bool | None = None  # whether that is taken at once
    x64: bool | None = None
    debug: tuple[str, ...] = ()  # names in DEBUG_FLAGS
    hold: bool = False  # pause before the first jitted call
    stops: tuple[str, ...] = ()  # words of `stop_words`: where to pause
    keep_calls: bool = False  # keep what the latest call was given, to replay it
    dynamics_every: int | None = None  # steps from one measurement of the model to the next
    save_every: int | None = None  # steps from one checkpoint to the next
    save_at_end: bool = False  # a checkpoint as the script ends or is stopped
    save_to: str = ""  # the folder; "" is one named after the run, in ./checkpoints
    save_as: str = ""  # what a file is called: "{name}_{step:06}.eqx"
    save_what: str = ""  # arguments of the step function, or paths in them; "" is the model
    save_last: int | None = None  # so many checkpoints stay

    @property
    def title(self) -> str:
        """Return "train.py", or "-m package.train"."""
        return f"-m {self.script}" if self.is_module else Path(self.script).name

    @property
    def working_folder(self) -> Path:
        """The working directory, absolute."""
        return Path(self.folder or os.curdir).expanduser().absolute()

    @property
    def file(self) -> str:
        """The script's whole path; of a module that no file below the working directory is, "".

        A relative script is found from here, wherever it is to run.
        """
        if not self.is_module:
            return os.path.abspath(os.path.expanduser(self.script)) if self.script else ""
        stem = self.working_folder.joinpath(*self.script.split("."))
        tried = (stem.with_name(f"{stem.name}.py"), stem / "__main__.py")
        return next((str(path) for path in tried if path.is_file()), "")

    @property
    def place(self) -> str:
        """What a run is known by: the file, or the name of a module that no file is found of."""
        return self.file or self.script

    def anchored(self) -> "Launch":
        """Return the same launch with whole paths, which hold wherever it is read again."""
        script = self.script if self.is_module else self.file
        return replace(self, script=script, folder=str(self.working_folder))

    def faults(self) -> tuple[Fault, ...]:
        """Return everything that is wrong, as far as it can be told without starting anything."""
        checks = (
            *(_script, _module, _argv, _folder, _environment, _device),
            *(_cpu_devices, _cores, _memory_fraction, _debug),
            *(_stops, _dynamics_every, _save_every, _save_as, _save_what, _save_last, _save_to),
        )
        return tuple(fault for check in checks if (fault := check(self)) is not None)

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return `environment` as the script is to find it.

        Raises:
            LaunchError: If the device is none, or not among those that are visible.
        """
        made = dict(environment)
        made.update(device_variables(self.device, made))
        wanted = {
            "JAX_NUM_CPU_DEVICES": self.cpu_devices,
            "XLA_PYTHON_CLIENT_MEM_FRACTION": self.memory_fraction,
            "XLA_PYTHON_CLIENT_PREALLOCATE": _lower(self.preallocate),
            "JAX_ENABLE_X64": _lower(self.x64),
        }
        made.update({name: str(value) for name, value in wanted.items() if value is not None})
        made.update({DEBUG_FLAGS[name].variable: DEBUG_FLAGS[name].value for name in self.debug})
        for name, value in self.environment:
            if value is None:
                made.pop(name, None)
            else:
                made[name] = value
        return made


# For `Launch.python`: the interpreter that eqxviz itself runs in.
OWN_PYTHON = "own"


def device_variables(device: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is to be set for JAX to use `device`; None leaves the choice to JAX.

    Raises:
        LaunchError: If it is none, or not among those that `environment` makes visible.
    """
    if device is None:
        return {}
    kind, _, index = device.partition(":")
    if kind == "cpu" and not index:
        return {"JAX_PLATFORMS": "cpu"}
    if kind not in ("gpu", "cuda") or (index and not index.isdecimal()):
        raise LaunchError(
            Fault("device", f"no device is called {device!r}", 'Give "cpu", "gpu" or "cuda:1"')
        )
    chosen = {"JAX_PLATFORMS": "cuda,cpu"}
    if index:
        visible = [v for v in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if v]
        if visible and int(index) >= len(visible):
            what = (
                f"{device} does not exist: CUDA_VISIBLE_DEVICES={','.join(visible)} leaves "
                f"{len(visible)} devices, numbered from 0"
            )
            raise LaunchError(Fault("device", what, "Choose one of those"))
        chosen["CUDA_VISIBLE_DEVICES"] = visible[int(index)] if visible else index
    return chosen


def available_cores() -> int:
    """Return how many cores of the CPU this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lower(flag: bool | None) -> str | None:
    return None if flag is None else str(flag).lower()


def _script(launch: Launch) -> Fault | None:
    if launch.is_module:
        return None
    if not launch.script:
        return Fault("script", "no script is named", "Name the file that is to be run")
    path = Path(launch.file)
    if not path.exists():
        return Fault("script", f"there is no file {path}", "Check its name")
    if path.is_dir() and not (path / "__main__.py").is_file():
        return Fault(
            "script",
            f"{path} is a folder without __main__.py",
            "Name a file in it, or run it as a module with -m",
        )
    if path.suffix == ".ipynb":
        return Fault(
            "script",
            f"{path.name} is a notebook, no script",
            "Call eqxviz.capture() in it, or write it as a script: "
            f"jupyter nbconvert --to script {path.name}",
        )
    if not os.access(path, os.R_OK):
        return Fault("script", f"{path} cannot be read", "Check its permissions")
    return None


def _module(launch: Launch) -> Fault | None:
    if launch.is_module and not all(p.isidentifier() for p in launch.script.split(".")):
        what = f"{launch.script!r} is no name of a module"
        return Fault("script", what, "Write it as in `import`: package.train")
    return None


def _argv(launch: Launch) -> Fault | None:
    if any("\0" in word for word in launch.argv):
        return Fault("argv", "an argument holds a zero byte", "Take it out")
    return None


def _folder(launch: Launch) -> Fault | None:
    path = launch.working_folder
    if path.is_dir():
        return None
    what = "is no folder" if path.exists() else "does not exist"
    return Fault("folder", f"the working directory {path} {what}", "Name a folder that is there")


def _environment(launch: Launch) -> Fault | None:
    for name, value in launch.environment:
        if not name or "=" in name or "\0" in name + (value or ""):
            what = f"{name!r} is no name of an environment variable"
            return Fault("environment", what, "Write it as NAME=VALUE")
    return None


def _device(launch: Launch) -> Fault | None:
    try:
        device_variables(launch.device, os.environ)
    except LaunchError as error:
        return error.fault
    return None


def _cpu_devices(launch: Launch) -> Fault | None:
    if launch.cpu_devices is None or launch.cpu_devices >= 1:
        return None
    return Fault("cpu_devices", f"{launch.cpu_devices} CPU devices are none", "Give 1 or more")


def _cores(launch: Launch) -> Fault | None:
    n_cores = available_cores()
    if launch.cores is not None and not 1 <= launch.cores <= n_cores:
        what = f"{launch.cores} cores cannot be had: this process may use {n_cores}"
        return Fault("cores", what, f"Give a number from 1 to {n_cores}")
    if launch.cores is not None and not hasattr(os, "sched_setaffinity"):
        return Fault("cores", "this system cannot limit the cores of a process", "Leave it out")
    return None


def _memory_fraction(launch: Launch) -> Fault | None:
    fraction = launch.memory_fraction
    if fraction is None or 0 < fraction <= 1:
        return None
    what = f"{fraction:g} is no fraction of a GPU's memory"
    return Fault("memory_fraction", what, "Give a number above 0 and up to 1: 0.5 is half of it")


def _debug(launch: Launch) -> Fault | None:
    unknown = next((name for name in launch.debug if name not in DEBUG_FLAGS), None)
    if unknown is None:
        return None
    what = f"no debug flag is called {unknown!r}"
    return Fault("debug", what, f"There are {', '.join(DEBUG_FLAGS)}")


def _stops(launch: Launch) -> Fault | None:
    if not launch.stops:
        return None
    from eqxviz.engine.stop_words import StopWordsError, stops_of

    try:
        stops_of(launch.stops, str(launch.working_folder), launch.file)
    except StopWordsError as error:
        what, _, fix = str(error).partition(": ")
        fix = f"{fix[:1].upper()}{fix[1:]}".rstrip(".") or "Check where it is to stop"
        return Fault("stops", what.rstrip("."), fix)
    return None


def _dynamics_every(launch: Launch) -> Fault | None:
    if launch.dynamics_every is None or launch.dynamics_every >= 1:
        return None
    what = f"{launch.dynamics_every} steps are no distance between two measurements"
    return Fault("dynamics_every", what, "Give 1 or more")


def _save_every(launch: Launch) -> Fault | None:
    if launch.save_every is None or launch.save_every >= 1:
        return None
    what = f"{launch.save_every} steps are no distance between two checkpoints"
    return Fault("save_every", what, "Give 1 or more")


def _save_as(launch: Launch) -> Fault | None:
    if not launch.save_as:
        return None
    try:
        names = {launch.save_as.format(step=step, name="model") for step in (1, 2)}
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        what = f"{launch.save_as!r} names no file: {type(error).__name__}: {error}"
        return Fault("save_as", what, _NAME_FIX)
    if len(names) == 1 or any(os.sep in name or "\0" in name for name in names):
        what = f"{launch.save_as!r} names no file for each step"
        return Fault("save_as", what, _NAME_FIX)
    return None


def _save_what(launch: Launch) -> Fault | None:
    try:
        ast.parse(launch.save_what.strip() or "model", mode="eval")
    except (SyntaxError, ValueError):
        what = f"{launch.save_what!r} is neither an argument nor a path in one"
        return Fault("save_what", what, "Write it as the tree does: model.layers[0]")
    return None


def _save_last(launch: Launch) -> Fault | None:
    if launch.save_last is None or launch.save_last >= 1:
        return None
    return Fault("save_last", f"{launch.save_last} checkpoints are none", "Give 1 or more")


def _save_to(launch: Launch) -> Fault | None:
    is_on = launch.save_every is not None or launch.save_at_end
    if is_on or not (launch.save_to or launch.save_as or launch.save_what or launch.save_last):
        return None
    what = "it is said how to save checkpoints, but not when"
    return Fault("save_every", what, "Say each how many steps, or at the end")


_NAME_FIX = "Write the name of a file with {step} in it, and {name} for the argument"
