"""How a launch that cannot be carried out is told."""

from eqxviz.engine.launch import Launch, LaunchError
from eqxviz.records import Problem, Severity

_CODES = {"script": "no-such-script", "device": "no-such-device", "python": "no-such-python"}


def refused(launch: Launch, error: LaunchError) -> Problem:
    """Return the Problem of a launch that ended before its script began."""
    fault = error.fault
    return Problem(
        _CODES.get(fault.field, "cannot-launch"),
        Severity.ERROR,
        f"{launch.title or 'The script'} was not started",
        f"{fault.what[:1].upper()}{fault.what[1:]}.",
        f"{fault.fix}.",
        launch.file,
    )
