"""All that is known of a run but its points, as plain data for JSON."""

import math
from typing import Any

from eqxviz.records import Checkpoints, CompileEvent, Problem, RunDescription, SeedSeen
from eqxviz.store import Library, RunSummary


def run_data(run: RunSummary) -> dict[str, Any]:
    """Return what the list says of a run."""
    return {
        "id": run.id,
        "name": run.title,
        "folder": str(run.folder),
        "script": run.script,
        "arguments": list(run.argv),
        "started": run.started,
        "seconds": run.elapsed_seconds,
        "state": run.state.value,
        "steps": run.steps,
        "device": run.device,
        "git_commit": run.git_commit,
        "git_branch": run.git_branch,
        "tags": list(run.tags),
        "note": run.note,
        "last_values": {name: _number(value) for name, value in run.finals},
        "points": run.n_points,
        "bytes": run.n_bytes,
        "unreadable": run.problem,
    }


def whole_data(library: Library, run: RunSummary) -> dict[str, Any]:
    """Return what the list says of a run, and what its store does besides the points.

    Raises:
        StoreError: If the store cannot be read.
    """
    with library.open(run.id) as store:
        told = next(store.records_of(RunDescription), None)
        seeds = list(store.records_of(SeedSeen))
        compiles = list(store.records_of(CompileEvent))
        problems = list(store.records_of(Problem))
        checkpoints = next(store.records_of(Checkpoints), None)
    made = run_data(run)
    if told is not None:
        made |= {
            "working_directory": told.folder,
            "python": told.python,
            "host": told.host,
            "devices": list(told.devices),
            "versions": dict(told.versions),
            "environment": dict(told.environment),
            "git_diff": told.git_diff,
            "script_text": told.script_text,
        }
    return made | {
        "seeds": [{"source": s.source, "seed": s.seed, "line": s.line} for s in seeds],
        "compilations": len(compiles),
        "compile_seconds": sum(
            c.trace_seconds + c.lower_seconds + c.compile_seconds for c in compiles
        ),
        "checkpoints": [
            {"step": made.step, "path": made.path, "bytes": made.n_bytes}
            for made in (checkpoints.saved if checkpoints is not None else ())
        ],
        "problems": [{"title": p.title, "why": p.why, "fix": p.fix} for p in problems],
    }


def _number(value: float) -> float | str:
    """Return `value`, as a word where JSON has no number for it."""
    return value if math.isfinite(value) else str(value)
