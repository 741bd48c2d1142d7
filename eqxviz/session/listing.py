"""A problem, and what a model is in one line, as text for a terminal and as plain data."""

from typing import Any

from eqxviz.records import ModelTree, OpenedModel, Problem
from eqxviz.session import formatting

_MAX_WHAT = 200


def tree_headline(model: OpenedModel) -> str:
    """Return "make_model → MLP: 9 nodes, 6 leaves, 1,185 parameters, 4.74 kB"."""
    tree = model.tree
    leaf, kind = int(tree.leaf[0]), int(tree.type[0])
    said = tree.leaf_summary[leaf] if leaf >= 0 else tree.type_name[kind]
    what = formatting.elide_middle(" ".join(tree.strings[int(said)].split()), _MAX_WHAT)
    return (
        f"{model.target.name} → {what}: {_count(len(tree), 'node', 'nodes')}, "
        f"{_count(int(tree.n_leaves[0]), 'leaf', 'leaves')}, {parameters_text(tree)}, "
        f"{formatting.n_bytes(int(tree.n_bytes[0]))}"
    )


def parameters_text(tree: ModelTree) -> str:
    """Return "1,185 parameters", and how many are distinct where arrays are shared."""
    return f"{_count(int(tree.n_params[0]), 'parameter', 'parameters')}{_distinct(tree)}"


def _count(n: int, one: str, more: str) -> str:
    return f"{formatting.count(n)} {one if n == 1 else more}"


def _distinct(tree: ModelTree) -> str:
    """Return " (472 distinct)" where arrays are found at several places, else ""."""
    if not len(tree.share_kind):
        return ""
    from eqxviz.session.outline.repeated import repeated_arrays

    n_repeated = int(tree.n_params[repeated_arrays(tree)].sum())
    n_distinct = int(tree.n_params[0]) - n_repeated
    return f" ({formatting.count(n_distinct)} distinct)" if n_repeated else ""


def problem_text(problem: Problem) -> str:
    """Return a problem card: title, place, why, what to do, the user's frames."""
    lines = [f"{problem.severity.value}: {problem.title}"]
    if problem.file:
        lines.append(f"  {problem.file}" + (f":{problem.line}" if problem.line else ""))
    for frame in problem.frames:
        if frame.is_user:
            lines.append(f"  at {frame.file}:{frame.line} in {frame.function}")
            lines += [f"      {frame.text.strip()}"] if frame.text else []
    lines += _indented("why", problem.why) + _indented("fix", problem.fix)
    lines += [f"      {line}" for line in problem.fix_code.splitlines()]
    if problem.detail not in ("", problem.why) and not any(
        frame.is_user for frame in problem.frames
    ):
        lines += _indented("details", problem.detail)
    return "\n".join(lines)


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain data."""
    names = ("code", "title", "why", "fix", "fix_code", "file", "line", "detail")
    frames = [{"file": f.file, "line": f.line, "function": f.function} for f in problem.frames]
    plain = {name: getattr(problem, name) for name in names}
    return {"problem": {**plain, "severity": problem.severity.value, "frames": frames}}


def _indented(label: str, text: str) -> list[str]:
    lines = text.splitlines()
    first = [f"  {label}: {lines[0]}"] if lines else []
    return first + [f"       {line}" for line in lines[1:]]
