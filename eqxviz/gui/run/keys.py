"""The keys of a plot."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_K, _M = Qt.Key, Qt.KeyboardModifier

_BY_KEY: dict[tuple[Qt.Key, Qt.KeyboardModifier], str] = {
    (_K.Key_Plus, _M.NoModifier): "zoom_in",
    (_K.Key_Equal, _M.NoModifier): "zoom_in",
    (_K.Key_Minus, _M.NoModifier): "zoom_out",
    (_K.Key_Up, _M.ControlModifier): "zoom_in_y",
    (_K.Key_Down, _M.ControlModifier): "zoom_out_y",
    (_K.Key_Left, _M.NoModifier): "left",
    (_K.Key_Right, _M.NoModifier): "right",
    (_K.Key_Up, _M.NoModifier): "up",
    (_K.Key_Down, _M.NoModifier): "down",
    (_K.Key_Home, _M.NoModifier): "start",
    (_K.Key_End, _M.NoModifier): "end",
    (_K.Key_Left, _M.ShiftModifier): "previous",
    (_K.Key_Right, _M.ShiftModifier): "next",
    (_K.Key_Return, _M.NoModifier): "pin",
    (_K.Key_Escape, _M.NoModifier): "leave",
    (_K.Key_0, _M.NoModifier): "reset",
    (_K.Key_F, _M.NoModifier): "follow",
    (_K.Key_L, _M.NoModifier): "log",
    (_K.Key_M, _M.NoModifier): "maximise",
    (_K.Key_Delete, _M.NoModifier): "delete",
}
_PLAIN = (_K.Key_Plus, _K.Key_Equal, _K.Key_Minus, _K.Key_0)  # typed with Shift, or on a keypad


def command_of(event: QKeyEvent) -> str:
    """Return the name of what a key asks for, "" if nothing."""
    key, modifiers = Qt.Key(event.key()), event.modifiers() & ~_M.KeypadModifier
    if key in _PLAIN and modifiers in (_M.ShiftModifier, _M.NoModifier):
        modifiers = _M.NoModifier
    return _BY_KEY.get((key, modifiers), "")
