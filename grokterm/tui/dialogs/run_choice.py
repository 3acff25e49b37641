"""The chooser of runs to compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from grokterm.number_format import percent
from grokterm.runs.compared import MAX_RUNS
from grokterm.runs.folder import RunFolder
from grokterm.runs.summary import RunSummary
from grokterm.tui.dialogs.dialog import Dialog
from grokterm.tui.dialogs.options import WIDTH, FittedOptions, Part, aligned


class RunChoice(Dialog[list[RunFolder]]):
    """Marks up to six runs, the present one among them unless it is taken out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", show=False),
        Binding("C,q", "close", show=False),
    ]
    DEFAULT_CSS = f"""
    RunChoice .box {{ width: {WIDTH}; }}
    RunChoice Static {{ height: auto; margin-top: 1; }}
    RunChoice Options {{ max-height: 1fr; }}
    """

    def __init__(self, runs: Sequence[tuple[RunFolder, RunSummary]], present: RunFolder) -> None:
        """`runs` in the order in which they are listed."""
        super().__init__()
        self._runs = list(runs)
        self._present = next(i for i, (folder, _) in enumerate(runs) if folder.path == present.path)
        self._marked = [self._present]

    def compose(self) -> ComposeResult:
        """The runs, and the keys."""
        options = FittedOptions(self._lines)
        options.highlighted = 1 if self._present == 0 else 0
        box = VerticalScroll(
            options, Static(id="told"), Static("", id="keys", classes="muted"), classes="box", can_focus=False
        )
        box.border_title = f"Compare up to {MAX_RUNS} runs"
        yield box

    def begin(self) -> None:
        """Says what can be done."""
        self.query_one(OptionList).focus()
        self.query_one("#keys", Static).update("space marks · enter compares what is marked · esc leaves")
        self._tell()

    def action_mark(self) -> None:
        """Marks the lit run, or takes its mark away."""
        options = self.query_one(FittedOptions)
        at = options.highlighted
        if at is None:
            return
        if at in self._marked:
            self._marked.remove(at)
        elif len(self._marked) >= MAX_RUNS:
            self._tell(f"{MAX_RUNS} runs are marked, and no more fit: space takes a mark away")
            return
        else:
            self._marked.append(at)
        options.rewrite()
        self._tell()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Compares what is marked."""
        if len(self._marked) < 2:
            self._tell("mark two runs at least: space marks the lit one")
        else:
            self.dismiss([self._runs[i][0] for i in sorted(self._marked)])

    def _tell(self, trouble: str = "") -> None:
        told = self.query_one("#told", Static)
        told.set_class(bool(trouble), "error")
        told.update(Content(trouble or f"{len(self._marked)} of {len(self._runs)} marked"))

    def _lines(self) -> list[Content]:
        """A line a run: its mark, its id, and what it is and does."""
        found = [run for _, run in self._runs]
        heads = [self._head(at) for at in range(len(found))]
        parts = [
            Part(["present" if at == self._present else "" for at in range(len(found))], 1),
            Part([run.task for run in found], 5),
            Part([run.architecture for run in found], 4),
            Part(["" if run.step is None else f"{run.step:,}" for run in found], 2, right=True),
            Part(["" if run.test_accuracy is None else percent(run.test_accuracy) for run in found], 3, right=True),
            Part([run.state for run in found], 2),
        ]
        return aligned(heads, parts, self.app.size.width)

    def _head(self, at: int) -> Content:
        marked = at in self._marked
        return Content.assemble(
            ("[x] " if marked else "[ ] ", "bold" if marked else ""), (self._runs[at][0].id, "bold")
        )
