"""The keys of a plot: one table, that is also what its help says."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_K, _M = Qt.Key, Qt.KeyboardModifier

# Name, what it does, key as it is said, the key, its modifier.
KEYS: tuple[tuple[str, str, str, Qt.Key, Qt.KeyboardModifier], ...] = (
    ("zoom_in", "Zoom in", "+", _K.Key_Plus, _M.NoModifier),
    ("zoom_in", "Zoom in", "=", _K.Key_Equal, _M.NoModifier),
    ("zoom_out", "Zoom out", "-", _K.Key_Minus, _M.NoModifier),
    ("zoom_in_y", "Zoom the values in", "Ctrl+Up", _K.Key_Up, _M.ControlModifier),
    ("zoom_out_y", "Zoom the values out", "Ctrl+Down", _K.Key_Down, _M.ControlModifier),
    ("left", "Move to the left", "Left", _K.Key_Left, _M.NoModifier),
    ("right", "Move to the right", "Right", _K.Key_Right, _M.NoModifier),
    ("up", "Move up", "Up", _K.Key_Up, _M.NoModifier),
    ("down", "Move down", "Down", _K.Key_Down, _M.NoModifier),
    ("start", "Go to the start", "Home", _K.Key_Home, _M.NoModifier),
    ("end", "Go to the end", "End", _K.Key_End, _M.NoModifier),
    ("previous", "Cursor to the point before", "Shift+Left", _K.Key_Left, _M.ShiftModifier),
    ("next", "Cursor to the next point", "Shift+Right", _K.Key_Right, _M.ShiftModifier),
    ("pin", "Pin the cursor", "Return", _K.Key_Return, _M.NoModifier),
    ("leave", "Take the pin away, then leave the large plot", "Esc", _K.Key_Escape, _M.NoModifier),
    ("reset", "Show everything", "0", _K.Key_0, _M.NoModifier),
    ("follow", "Follow the newest points, or stand still", "F", _K.Key_F, _M.NoModifier),
    ("log", "Logarithmic values", "L", _K.Key_L, _M.NoModifier),
    ("maximise", "Give the plot all the room", "M", _K.Key_M, _M.NoModifier),
    ("delete", "Remove the plot", "Del", _K.Key_Delete, _M.NoModifier),
)
_BY_KEY = {(key, modifier): name for name, _, _, key, modifier in KEYS}
_PLAIN = (_K.Key_Plus, _K.Key_Equal, _K.Key_Minus, _K.Key_0)  # typed with Shift, or on a keypad


def command_of(event: QKeyEvent) -> str:
    """Return the name of what a key asks for, "" if nothing."""
    key, modifiers = Qt.Key(event.key()), event.modifiers() & ~_M.KeypadModifier
    if key in _PLAIN and modifiers in (_M.ShiftModifier, _M.NoModifier):
        modifiers = _M.NoModifier
    return _BY_KEY.get((key, modifiers), "")
