"""Every action by name, with its key: menus, buttons, palette and the key list are made of it."""

import contextlib
from functools import partial

from eqxviz.session.action import Action as Action
from eqxviz.session.filters.filter_spec import can_be_trained
from eqxviz.session.learning_actions import LEARNING
from eqxviz.session.session import Session


def _state(session: Session) -> str:
    return session.run.status.state.value if session.run is not None else ""


def _can_resume(session: Session) -> bool:
    is_to_pause = session.activity.asked in ("pause", "run to")
    is_held = _is_live(session) and (_state(session) == "paused" or is_to_pause)
    return is_held or _can_run_again(session) or _can_run_model(session)


def _can_run_again(session: Session) -> bool:
    run = session.run
    return run is not None and not run.is_live and not run.is_captured


def _can_run_model(session: Session) -> bool:
    return session.source is not None and bool(session.source.script) and not _is_live(session)


def _is_live(session: Session) -> bool:
    return session.run is not None and session.run.is_live


def _can_pause(session: Session) -> bool:
    return _state(session) in ("starting", "running")


def _has_model(session: Session) -> bool:
    return session.model is not None


def _can_draw_model(session: Session) -> bool:
    return session.model is not None and session.model.tree.can_be_called(0)


def _is_file(session: Session) -> bool:
    return session.source is not None and session.source.kind == "file"


def _continue(session: Session) -> None:
    if _is_live(session):
        session.resume()
    elif session.run is not None:
        session.run_again()
    else:
        session.start_run(session.path)


def _draw_step(session: Session) -> None:
    if session.run is not None:
        session.draw_function(session.run.status.step_function)


def _knows_step(session: Session) -> bool:
    return session.run is not None and session.run.status.step_function >= 0


def _shows_graph(session: Session) -> bool:
    tab = session.tab_in_front
    return tab is not None and tab.graph is not None


def _can_freeze(session: Session) -> bool:
    selection = session.selection
    model = session.model
    if model is None or not model.tree.is_complete or selection.kind != "node":
        return False
    return can_be_trained(model.tree, selection.node)


def _can_keep(session: Session) -> bool:
    return session.run is not None and session.replaying.keeping.can_switch


def _can_check_replay(session: Session) -> bool:
    return session.run is not None and session.replaying.can_check


def _can_replay(session: Session) -> bool:
    return session.run is not None and session.replaying.search.can_find


def _selects_in_graph(session: Session) -> bool:
    return bool(session.selection.graph) and session.exploring.can_light


def _has_curves(session: Session) -> bool:
    return session.run is not None and bool(session.run.series)


def _knows_samples(session: Session) -> bool:
    return session.run is not None and bool(session.run.counted.sizes)


# Name, title, key and icon of what is done where the curves are shown.
_OF_CURVES = (
    ("new", "Add a plot", "Ctrl+Alt+N", "plus-box-outline"),
    ("list", "List the curves", "", "format-list-checks"),
    ("show_all", "Show everything in all plots", "Ctrl+Alt+0", "fit-to-page-outline"),
    ("log", "Make values logarithmic in all plots, or plain", "Ctrl+Alt+Y", "math-log"),
    ("log_x", "Make the horizontal axis logarithmic, or plain", "Ctrl+Alt+X", "axis-x-arrow"),
    ("smoother", "Smooth the curves more", "Ctrl+Alt+.", "chart-bell-curve"),
    ("rougher", "Smooth the curves less", "Ctrl+Alt+,", "chart-line-variant"),
    ("step", "Draw the curves by step", "", "stairs"),
    ("seconds", "Draw the curves by time", "", "clock-outline"),
    ("samples", "Draw the curves by samples", "", "database-outline"),
    ("follow_all", "Follow all of the curves", "", "arrow-expand-horizontal"),
    ("follow_newest", "Follow the newest points", "", "page-last"),
    ("follow_still", "Let the plots stand still", "", "pause-box-outline"),
    ("state", "Show the curves of the state, or hide them", "", "weight"),
    ("linked", "Let plots show the same stretch, or each its own", "", "link-variant"),
    ("apart", "Draw each curve in a plot of its own", "", "view-grid-outline"),
    ("maximise", "Give this plot all the room, or show all plots", "", "arrow-expand"),
    ("remove", "Remove this plot", "", "close-box-outline"),
    ("bring_back", "Bring back the plot that was removed", "Ctrl+Z", "undo"),
    ("copy", "Copy a picture of this plot", "", "content-copy"),
    ("picture", "Export a picture of the plots", "Ctrl+Alt+P", "image-outline"),
    ("csv", "Export the values in view", "", "table-arrow-right"),
    ("all_csv", "Export all values of the curves", "", "table-large"),
)


# The same of what is done with the runs that are selected in their list.
_OF_RUNS = (
    ("open", "Show the selected run", "eye-outline"),
    ("over", "Draw the curves of the selected runs over each other", "layers-outline"),
    ("apart", "Draw no other runs' curves", "layers-off-outline"),
    ("export", "Export the selected runs", "export"),
    ("again", "Run the selected run again in the same way", "replay"),
    ("copy_id", "Copy the ids of the selected runs", "content-copy"),
    ("copy_command", "Copy the command of the selected run", "console"),
    ("delete", "Delete the selected runs", "trash-can-outline"),
    ("refresh", "Read the list of runs anew", "refresh"),
)


# The values of `ColourBy`, which needs NumPy.
_COLOURS = (
    ("kind", "kind of equation"),
    ("module", "Module"),
    ("flops", "cost in FLOPs"),
    ("bytes", "cost in bytes"),
    ("dtype", "dtype"),
    ("pass", "forward and backward"),
)


def _place(session: Session) -> "tuple[str, int] | None":
    """Return the line of source that is selected, in one way or another."""
    from eqxviz.session.source import source_of

    return source_of(session, session.selection)


def _toggle_stop(session: Session) -> None:
    """Set a stop at what is selected, a function or a line, or take it away."""
    selection, place = session.selection, _place(session)
    if selection.kind == "function":
        session.debugging.toggle_function(selection.function)
    elif place is not None:
        from eqxviz.records import Stop, StopKind
        from eqxviz.session.debugging.stop_list import NoCodeError

        with contextlib.suppress(NoCodeError):
            session.debugging.stops.toggle(Stop(0, StopKind.LINE, *place))


def _toggle_kind(session: Session, kind: str) -> None:
    """Stop at what is of a kind, wherever that is, or do not."""
    from eqxviz.records import Stop, StopKind

    session.debugging.stops.toggle(Stop(0, StopKind(kind)))


def _can_stop(session: Session) -> bool:
    """Whether there is a script that stops are for."""
    return session.run is not None or (session.source is not None and bool(session.source.script))


def _has_stops(session: Session) -> bool:
    return "debugging" in vars(session) and len(session.debugging.stops) > 0


def _enable_stops(session: Session) -> None:
    stops = session.debugging.stops
    stops.enable_all(not any(stop.is_enabled for stop in stops))


def _remove_stops(session: Session) -> None:
    stops = session.debugging.stops
    stops.remove(*[stop.id for stop in stops])


def _has_stack(session: Session) -> bool:
    return "debugging" in vars(session) and bool(session.debugging.stack.frames)


def _walk_stack(session: Session, steps: int) -> None:
    session.debugging.frames.choose(session.debugging.stack.chosen + steps)


# Name, title and icon of what any place in the script may be stopped for.
_STOP_KINDS = (
    ("non-finite", "Stop at a NaN or Inf, or do not", "alert-outline"),
    ("recompile", "Stop where a function is compiled again, or do not", "timer-outline"),
    ("exception", "Stop at an uncaught exception, or do not", "lightning-bolt-outline"),
)


def _colour(session: Session, name: str) -> None:
    session.exploring.colour(name)


ACTIONS: tuple[Action, ...] = (
    Action("file.open", "Open a file", "Ctrl+O", "File", "mdi6.folder-open-outline"),
    Action("file.run", "Run a script", "Ctrl+Shift+O", "File", "mdi6.script-text-play-outline"),
    Action(
        *("file.reload", "Reload the file", "Ctrl+R", "File", "mdi6.reload"),
        enabled=lambda session: session.source is not None,
        run=lambda session: session.reload(),
    ),
    Action(
        *("file.cancel", "Cancel opening", "", "File", "mdi6.cancel"),
        enabled=lambda session: session.model_state == "working" or session.is_growing,
        run=lambda session: session.cancel_open(),
    ),
    Action(
        *("file.shapes", "Open again as shapes, or with arrays", "", "File", "mdi6.shape-outline"),
        enabled=lambda session: session.source is not None and session.source.can_be_shapes,
        run=lambda session: session.switch_shapes(),
    ),
    Action(
        *("file.export", "Export the model", "Ctrl+E", "File", "mdi6.export"),
        enabled=_has_model,
    ),
    Action("file.start_page", "Show the start page", "Alt+Home", "File", "mdi6.home-outline"),
    Action("file.quit", "Quit", "Ctrl+Q", "File", "mdi6.exit-to-app"),
    Action(
        *("graph.model", "Draw the model's graph", "Ctrl+G", "Graph", "mdi6.graph-outline"),
        enabled=_can_draw_model,
        run=lambda session: session.draw_model(),
    ),
    Action(
        *("graph.step", "Draw the training step's graph", "Ctrl+Shift+G", "Graph"),
        icon="mdi6.transit-connection-variant",
        enabled=_knows_step,
        run=_draw_step,
    ),
    Action(
        *("graph.function", "Draw a function of the file", "Ctrl+Alt+G", "Graph"),
        icon="mdi6.function-variant",
        enabled=lambda session: bool(session.file_to_draw),
    ),
    Action(
        *("graph.export", "Export the graph", "Ctrl+Alt+E", "Graph", "mdi6.export-variant"),
        enabled=_shows_graph,
    ),
    Action(
        *("graph.compare", "Compare the graph with another", "Ctrl+Shift+C", "Graph"),
        icon="mdi6.vector-difference",
        enabled=lambda session: session.current_graph >= 0,
    ),
    Action(
        *("graph.dependents", "Show what depends on the selection", "", "Graph"),
        icon="mdi6.arrow-expand-down",
        enabled=_selects_in_graph,
        run=lambda session: session.exploring.light_dependents(),
    ),
    Action(
        *("graph.dependencies", "Show what the selection depends on", "", "Graph"),
        icon="mdi6.arrow-expand-up",
        enabled=_selects_in_graph,
        run=lambda session: session.exploring.light_dependencies(),
    ),
    Action(
        *("graph.path", "Take the selection as an end of a path", "", "Graph"),
        icon="mdi6.ray-start-end",
        enabled=_selects_in_graph,
        run=lambda session: session.exploring.step_path(),
    ),
    Action(
        *("graph.all_alike", "Show all of the graph alike again", "", "Graph"),
        icon="mdi6.brightness-6",
        enabled=lambda session: session.current_graph >= 0,
        run=lambda session: session.exploring.clear(),
    ),
    *(
        Action(
            *(f"graph.colour.{name}", f"Colour the graph by {words}", "", "Graph"),
            icon="mdi6.palette-outline",
            enabled=lambda session: session.current_graph >= 0,
            run=partial(_colour, name=name),
        )
        for name, words in _COLOURS
    ),
    Action(
        *("graph.close", "Close the graph", "Ctrl+W", "Graph", "mdi6.close"),
        enabled=lambda session: session.current_graph >= 0,
        run=lambda session: session.close_graph(session.current_graph),
    ),
    *(
        Action(
            *(f"curves.{name}", title, key, "Curves", f"mdi6.{icon}"),
            enabled=_knows_samples if name == "samples" else _has_curves,
        )
        for name, title, key, icon in _OF_CURVES
    ),
    *(
        Action(f"runs.{name}", title, "", "Kept runs", f"mdi6.{icon}")
        for name, title, icon in _OF_RUNS
    ),
    Action(
        *("filter.freeze", "Freeze this layer", "Ctrl+Shift+F", "Model", "mdi6.snowflake"),
        enabled=_can_freeze,
        run=lambda session: session.playground.freeze(session.selection.node),
    ),
    Action(
        *("model.save", "Save what is selected in Equinox's format", "Ctrl+S", "Model"),
        icon="mdi6.content-save-outline",
        enabled=lambda session: session.saving.can_save,
        run=lambda session: session.saving.ask(session.saving.node),
    ),
    Action(
        *("model.weights", "Open weights in the open model", "Ctrl+Alt+O", "Model"),
        icon="mdi6.folder-arrow-down-outline",
        enabled=lambda session: session.saving.can_open_weights,
    ),
    Action(
        *("compare.file", "Compare with a file", "Ctrl+Alt+D", "Model"),
        icon="mdi6.file-compare",
        enabled=_has_model,
    ),
    Action(
        *("compare.reload", "Compare with the file as it is now", "", "Model"),
        icon="mdi6.file-refresh-outline",
        enabled=lambda session: _has_model(session) and _is_file(session),
        run=lambda session: session.comparison.compare_with_reloaded(),
    ),
    Action(
        *("compare.take", "Take a snapshot of the model", "Ctrl+Shift+T", "Model"),
        icon="mdi6.camera-outline",
        enabled=_has_model,
        run=lambda session: session.comparison.sides.take_snapshot(),
    ),
    Action(
        *("compare.take_host", "Take a snapshot in the host's memory", "", "Model"),
        icon="mdi6.camera-plus-outline",
        enabled=_has_model,
        run=lambda session: session.comparison.sides.take_snapshot(on_host=True),
    ),
    Action(
        *("compare.snapshot", "Compare with the snapshot", "Ctrl+Shift+D", "Model"),
        icon="mdi6.compare-horizontal",
        enabled=lambda session: _has_model(session) and session.has_snapshots,
        run=lambda session: session.comparison.compare_with_snapshot(),
    ),
    Action(
        *("run.start", "Run the open file", "Ctrl+F5", "Run", "mdi6.rocket-launch-outline"),
        enabled=_can_run_model,
        run=lambda session: session.start_run(session.path),
    ),
    Action("run.with", "Run with…", "Ctrl+Shift+R", "Run", "mdi6.tune-variant"),
    Action(
        *("run.continue", "Run, run again, or continue", "F5", "Run", "mdi6.play"),
        enabled=_can_resume,
        run=_continue,
    ),
    Action(
        *("run.pause", "Pause the run", "F6", "Run", "mdi6.pause"),
        enabled=_can_pause,
        run=lambda session: session.pause(),
    ),
    Action(
        *("run.step", "Step one call", "F10", "Run", "mdi6.debug-step-over"),
        enabled=lambda session: _state(session) in ("running", "paused"),
        run=lambda session: session.step(),
    ),
    Action(
        *("run.to", "Run to a call, a condition or a line", "Ctrl+F10", "Run"),
        icon="mdi6.debug-step-into",
        enabled=_is_live,
    ),
    Action(
        *("run.open_call", "Open the call's arguments, or the running model", "F7", "Run"),
        icon="mdi6.file-tree-outline",
        enabled=lambda session: session.can_read_call,
        run=lambda session: session.open_call(),
    ),
    Action(
        *("run.read_again", "Read the running model again", "Ctrl+F7", "Run"),
        icon="mdi6.refresh",
        enabled=lambda session: session.can_read_call and session.call_step is not None,
        run=lambda session: session.read_call_again(),
    ),
    Action(
        *("run.follow", "Follow the running model, or do not", "Ctrl+Shift+F7", "Run"),
        icon="mdi6.sync",
        enabled=lambda session: session.follows_call or session.can_read_call,
        run=lambda session: session.follow_call(not session.follows_call),
    ),
    Action(
        *("run.checkpoints", "Save checkpoints of the run", "", "Run"),
        icon="mdi6.content-save-cog-outline",
        enabled=lambda session: session.run is not None,
    ),
    Action(
        *("run.bring_back", "Bring back the model that gave way to the call", "Shift+F7", "Run"),
        icon="mdi6.undo-variant",
        enabled=lambda session: session.set_aside is not None,
        run=lambda session: session.bring_back(),
    ),
    Action(
        *("run.again", "Run again from the start", "Ctrl+Shift+F5", "Run", "mdi6.restart"),
        enabled=lambda session: session.run is not None,
        run=lambda session: session.run_again(),
    ),
    Action(
        *("run.stop", "Stop the run", "Shift+F5", "Run", "mdi6.stop"),
        enabled=lambda session: session.run is not None and session.run.can_be_stopped,
        run=lambda session: session.stop(),
    ),
    Action(
        *("check.start", "Check for problems", "Ctrl+F8", "Run", "mdi6.stethoscope"),
        enabled=lambda session: session.checking.can_start,
    ),
    Action(
        *("check.stop", "Stop the check", "Ctrl+Shift+F8", "Run", "mdi6.stop-circle-outline"),
        enabled=lambda session: session.checking.is_live,
        run=lambda session: session.checking.stop(),
    ),
    Action(
        *("debug.toggle", "Stop at the selected line or function, or do not", "F9", "Debug"),
        icon="mdi6.circle-slice-8",
        enabled=lambda session: _place(session) is not None,
        run=_toggle_stop,
    ),
    Action(
        *("debug.condition", "Stop at the selected line on a condition", "Shift+F9", "Debug"),
        icon="mdi6.help-rhombus-outline",
        enabled=lambda session: _place(session) is not None,
    ),
    Action("debug.add", "Add a stop", "Ctrl+F9", "Debug", "mdi6.plus-circle-outline", _can_stop),
    *(
        Action(
            *(f"debug.{kind}", title, "", "Debug", f"mdi6.{icon}"),
            enabled=_can_stop,
            run=partial(_toggle_kind, kind=kind),
        )
        for kind, title, icon in _STOP_KINDS
    ),
    Action(
        *("debug.enable_all", "Disable all stops, or enable them", "", "Debug"),
        icon="mdi6.circle-off-outline",
        enabled=_has_stops,
        run=_enable_stops,
    ),
    Action(
        *("debug.remove_all", "Remove all stops", "Ctrl+Shift+F9", "Debug"),
        icon="mdi6.delete-sweep-outline",
        enabled=_has_stops,
        run=_remove_stops,
    ),
    Action(
        *("debug.paused_line", "Show the line of the chosen frame", "Alt+F10", "Debug"),
        icon="mdi6.arrow-right-bold-outline",
        enabled=_has_stack,
        run=lambda session: session.debugging.frames.show(),
    ),
    Action(
        *("debug.caller", "Go to the caller's frame", "Ctrl+Alt+Up", "Debug"),
        icon="mdi6.arrow-down-left",
        enabled=_has_stack,
        run=partial(_walk_stack, steps=1),
    ),
    Action(
        *("debug.callee", "Go to the frame that it called", "Ctrl+Alt+Down", "Debug"),
        icon="mdi6.arrow-up-right",
        enabled=_has_stack,
        run=partial(_walk_stack, steps=-1),
    ),
    Action(
        *("run.keep", "Keep calls for replay", "Ctrl+Alt+K", "Run", "mdi6.archive-clock-outline"),
        enabled=_can_keep,
        run=lambda session: session.replaying.keeping.switch(),
    ),
    Action(
        *("run.non_finite", "Find the first NaN or Inf", "Ctrl+Alt+I", "Run"),
        icon="mdi6.magnify-scan",
        enabled=_can_replay,
        run=lambda session: session.replaying.search.find_to_selection(),
    ),
    Action(
        *("run.check_replay", "Compare the replay with the call's own results", "", "Run"),
        icon="mdi6.approximately-equal",
        enabled=_can_check_replay,
        run=lambda session: session.replaying.check(),
    ),
    Action("run.attach", "Attach to a run", "Ctrl+Shift+A", "Run", "mdi6.lan-connect"),
    Action(
        *("run.detach", "Detach from the run, which goes on", "", "Run"),
        icon="mdi6.lan-disconnect",
        enabled=_is_live,
        run=lambda session: session.detach_run(),
    ),
    Action(
        *("go.back", "Back", "Alt+Left", "Go", "mdi6.arrow-left"),
        enabled=lambda session: session.can_go_back,
        run=lambda session: session.back(),
    ),
    Action(
        *("go.forward", "Forward", "Alt+Right", "Go", "mdi6.arrow-right"),
        enabled=lambda session: session.can_go_forward,
        run=lambda session: session.forward(),
    ),
    Action("go.to", "Go to a path, function or curve", "Ctrl+P", "Go", "mdi6.target"),
    Action("go.search", "Search in the view", "Ctrl+F", "Go", "mdi6.magnify"),
    Action("go.search_next", "Next match", "F3", "Go", "mdi6.chevron-down"),
    Action("go.search_previous", "Previous match", "Shift+F3", "Go", "mdi6.chevron-up"),
    Action(
        *("tree.only_found", "Show only what a search of the tree finds", "Ctrl+Alt+F", "Go"),
        icon="mdi6.filter-variant",
        enabled=lambda session: session.model is not None,
    ),
    *LEARNING,
    Action("view.graph", "Show the graph", "1", "View", "mdi6.graph-outline"),
    Action("view.curves", "Show the curves", "2", "View", "mdi6.chart-line"),
    Action(
        "view.dynamics",
        "Show the dynamics of the model",
        "Ctrl+Shift+J",
        "View",
        "mdi6.chart-timeline-variant",
    ),
    Action("view.compile", "Show compilations", "3", "View", "mdi6.timer-outline"),
    Action("view.source", "Show the source", "4", "View", "mdi6.code-tags"),
    Action("view.values", "Show the values", "7", "View", "mdi6.grid"),
    Action("view.filter", "Show the filter playground", "8", "View", "mdi6.filter-outline"),
    Action("view.runs", "Show the runs that were kept", "Ctrl+H", "View", "mdi6.history"),
    Action("view.sharing", "Show what is shared", "9", "View", "mdi6.link-variant"),
    Action("view.compare", "Show the comparison", "0", "View", "mdi6.compare-horizontal"),
    Action("view.tree", "Show the model's tree", "5", "View", "mdi6.file-tree-outline"),
    Action("view.system", "Show the system", "Ctrl+Shift+Y", "View", "mdi6.gauge"),
    Action("view.debugger", "Show the debugger", "Ctrl+Shift+B", "View", "mdi6.bug-outline"),
    Action("view.console", "Show the console", "Ctrl+`", "View", "mdi6.console-line"),
    Action("view.details", "Show the details", "6", "View", "mdi6.card-text-outline"),
    Action("help.palette", "Find an action", "Ctrl+K", "Help", "mdi6.console-line"),
    Action("help.keys", "List the keys", "?", "Help", "mdi6.keyboard-outline"),
)


def action(name: str) -> Action:
    """Return the action called `name`."""
    return next(a for a in ACTIONS if a.name == name)
