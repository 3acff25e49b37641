"""Every key of the screen of a sweep: bindings, footer and help come from here."""

from __future__ import annotations

from typing import Final

from grokterm.tui.actions import Action

SWEEP_ACTIONS: Final = (
    Action("axis_across", "x", "axis across", "The next axis across; marginals are against it", "the screen", "Diagram",
           call="axis('x')"),
    Action("axis_upwards", "y", "axes", "The next axis upwards", "the screen", "Diagram",
           call="axis('y')", rank=5, footer_key="x y"),
    Action("hold_less", "[", "value before", "Hold the further axis at the value before, or pool it", "the screen",
           "Diagram", call="hold(-1)"),
    Action("hold_more", "]", "hold", "Hold the further axis at the next value, after the last one pool it",
           "the screen", "Diagram", call="hold(1)", rank=12, footer_key="[ ]"),
    Action("further", "p", "which axis", "Which further axis [ and ] hold, where there are several", "the screen",
           "Diagram"),
    Action("color", "c", "colour", "Colour by phase, steps to grok, share that groks, test accuracy or Gini",
           "the screen", "Diagram", rank=4),
    Action("log_steps", "L", "log steps", "Logarithmic steps of the curves on or off", "the screen", "Diagram",
           rank=13),
    Action("filter", "/", "filter", "Show cells alone for which a condition holds: wd>1 and phase==grokking",
           "the screen", "Cells", bound="slash", rank=6),
    Action("sort", "s", "sort", "Sort by the next column; after the last one as in the plan", "the screen", "Cells",
           rank=8, footer_key="s S"),
    Action("turn", "S", "other way", "Sort the other way round", "the screen", "Cells"),
    Action("group", "g", "group", "Group by all settings but one: pool over the next axis", "the screen", "Cells",
           rank=9),
    Action("baseline", "b", "baseline", "Give ratios to this line; once more, give none", "the screen", "Cells",
           rank=10),
    Action("next_pane", "tab", "panes", "Go to the next pane", "the screen", "Screen", call="pane(1)", rank=7),
    Action("previous_pane", "shift+tab", "panes", "Go to the pane before", "the screen", "Screen", call="pane(-1)"),
    Action("go_to_pane", "1–4", "panes", "Go to a pane by its number", "the screen", "Screen", bound="1,2,3,4"),
    Action("enlarge", "z", "enlarge", "Enlarge the pane, or put it back", "the screen", "Screen", rank=14),
    Action("next_theme", "T", "theme", "The next theme", "the screen", "Screen", rank=16),
    Action("export", "e", "export", "Write the table (CSV) and the screen (SVG) into the folder that you are in",
           "the screen", "Screen", rank=11),
    Action("help", "?", "help", "All keys, phases and glyphs", "the screen", "Screen", bound="question_mark", rank=3),
    Action("open_run", "enter", "open", "Train the first run of the cell as a run of its own, with every view",
           "the run", "Sweep", rank=6),
    Action("detach", "d", "detach", "Leave the screen; the sweep goes on", "the sweep", "Sweep", rank=2),
    Action("quit", "q", "quit", "Stop the sweep softly and leave; --resume goes on with it", "the sweep", "Sweep",
           rank=1),
)  # fmt: skip

SWEEP_FOOTER: Final = (
    "axis_upwards", "hold_more", "color", "log_steps", "filter", "sort", "group", "baseline", "next_pane", "enlarge",
    "next_theme", "export", "open_run", "help", "detach", "quit",
)  # fmt: skip


def footer_actions() -> list[Action]:
    """The actions of the footer, in order."""
    by_id = {action.id: action for action in SWEEP_ACTIONS}
    return [by_id[name] for name in SWEEP_FOOTER]
