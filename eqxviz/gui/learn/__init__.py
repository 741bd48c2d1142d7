"""Lessons in the window: their text, and the script to be changed and run."""

from eqxviz.gui.learn.lesson_view import LessonView as LessonView
from eqxviz.gui.learn.script_view import ScriptView as ScriptView
