"""The tree of a run's branches, to go to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from grokterm.runs.family import TreeRow
from grokterm.runs.folder import RunFolder
from grokterm.runs.summary import RunSummary
from grokterm.tui.dialogs.dialog import Dialog
from grokterm.tui.dialogs.options import WIDTH, FittedOptions, Part, aligned
from grokterm.tui.drawing.sheet import plain_stem
from grokterm.tui.text.formats import percent
from grokterm.view_options import Graph


class BranchDialog(Dialog[RunFolder]):
    """A run, where it comes from, and its forks; enter goes there."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("b,q", "close", show=False)]
    DEFAULT_CSS = f"""
    BranchDialog .box {{ width: {WIDTH}; }}
    BranchDialog Static {{ height: auto; margin-top: 1; }}
    BranchDialog Options {{ max-height: 1fr; }}
    """

    def __init__(self, branches: Sequence[tuple[TreeRow, RunSummary]], present: RunFolder, graph: Graph) -> None:
        """`branches` in the order of the tree."""
        super().__init__()
        self._branches = list(branches)
        self._present = present
        self._graph = graph

    def compose(self) -> ComposeResult:
        """The branches, and the keys."""
        options = FittedOptions(self._lines)
        options.highlighted = next(
            i for i, (leaf, _) in enumerate(self._branches) if leaf.folder.path == self._present.path
        )
        keys = Static("enter goes there · esc stays", classes="muted")
        box = VerticalScroll(options, keys, classes="box", can_focus=False)
        box.border_title = "Branches"
        yield box

    def begin(self) -> None:
        """Waits for a choice."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Goes to the branch."""
        self.dismiss(self._branches[event.option_index][0].folder)

    def _lines(self) -> list[Content]:
        """A line a branch: its place in the tree, its id, where it was forked, and what it is and does."""
        leaves, runs = [leaf for leaf, _ in self._branches], [run for _, run in self._branches]
        stems = [plain_stem(leaf.stem) if self._graph == "ascii" else leaf.stem for leaf in leaves]
        heads = [
            Content.assemble((stem, "$muted"), (leaf.folder.id, "bold"))
            for stem, leaf in zip(stems, leaves, strict=True)
        ]
        parts = [
            Part(["present" if leaf.folder.path == self._present.path else "" for leaf in leaves], 1),
            Part([f"at {leaf.fork.step:,}" if leaf.fork else "" for leaf in leaves], 2),
            Part([run.architecture for run in runs], 5),
            Part(["" if run.step is None else f"{run.step:,}" for run in runs], 3, right=True),
            Part(["" if run.test_accuracy is None else percent(run.test_accuracy) for run in runs], 4, right=True),
            Part([run.state for run in runs], 3),
        ]
        return aligned(heads, parts, self.app.size.width)
