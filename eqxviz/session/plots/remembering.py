"""What is remembered of the plots of each script."""

import json
from typing import Any, cast

_MOST = 40  # scripts


def remembered(text: str, script: str) -> str:
    """Return what `remember` was told of `script`, "" if nothing is known of it."""
    return _read(text).get(script, "")


def remember(text: str, script: str, board: str) -> str:
    """Return `text` with what is to be remembered of `script`; the oldest are forgotten."""
    known = _read(text)
    known.pop(script, None)
    known[script] = board
    return json.dumps(dict(list(known.items())[-_MOST:]))


def _read(text: str) -> dict[str, str]:
    try:
        said: Any = json.loads(text) if text else {}
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {str(k): str(v) for k, v in cast(dict[Any, Any], said).items()}
