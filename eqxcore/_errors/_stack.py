"""Where in the user's code something was traced."""

import pathlib
import sys
import traceback
from itertools import islice
from types import FrameType

import jax

from eqxcore._transforms import _plan, hide_frames

_PACKAGE = pathlib.Path(__file__).parent.parent
# All but the layers: what happens in these is of interest.
for _part in ("_errors", "_module", "_transforms", "_enum.py", "debug"):
    hide_frames(str(_PACKAGE / _part))

_INTERNAL = (str(_PACKAGE), str(pathlib.Path(jax.__file__).parent))
#: How many frames are kept if no `filter_jit` is among them.
_LIMIT = 8


def traced_stack() -> traceback.StackSummary:
    """Return the calls, outermost first, that led here from inside the outermost `filter_jit`.

    Frames of JAX and of this package are left out. Where there is no `filter_jit`, the innermost
    few calls are returned.
    """
    found: list[traceback.FrameSummary] = []
    length = None
    frame = sys._getframe(1)
    while frame is not None:
        filename = frame.f_code.co_filename
        if filename == _plan.__file__:
            length = len(found)
        elif not filename.startswith(_INTERNAL):
            found.append(_summary(frame))
        frame = frame.f_back
    return traceback.StackSummary.from_list(found[: _LIMIT if length is None else length][::-1])


def _summary(frame: FrameType) -> traceback.FrameSummary:
    code = frame.f_code
    # Two bytes are an instruction.
    _, end, column, end_column = next(islice(code.co_positions(), frame.f_lasti // 2, None))
    return traceback.FrameSummary(
        code.co_filename,
        frame.f_lineno,
        code.co_name,
        lookup_line=False,  # the file is read if the text is needed
        end_lineno=end,
        colno=column,
        end_colno=end_column,
    )
