"""The form of all settings: what acts at once, what rebuilds the model, what starts a new run."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from grokterm.config import Config, Value, choices, docs, field_type, settings
from grokterm.config.setting import Acts
from grokterm.tui.dialogs.choice import Choice
from grokterm.tui.dialogs.dialog import Dialog, Wanted
from grokterm.tui.dialogs.draft import Draft
from grokterm.tui.text import formats

MARKS: Final[dict[Acts, tuple[str, str]]] = {
    "at once": ("●", "correct"),
    "rebuilds the model": ("◆", "warning"),
    "starts a new run": ("▲", "error"),
}
"""Glyph and colour for how a setting acts."""
_LEFT: Final = ("Task", "Model", "Loss")
_TWO_COLUMNS_FROM: Final = 74
_BELOW: Final = 7
"""Rows below the fields: an option, what is told, the legend, and the border."""


class ChangeDialog(Dialog[Wanted]):
    """Changes any settings of the run, or starts a new run with them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", show=False, priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),  # else it scrolls the fields
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = """
    ChangeDialog .box { width: 100; padding: 0 1; }
    ChangeDialog .columns { layout: horizontal; scrollbar-size-vertical: 1; }
    ChangeDialog .column { width: 1fr; height: auto; padding: 0 1; }
    ChangeDialog.narrow .columns { layout: vertical; }
    ChangeDialog .names { width: 18; text-wrap: nowrap; text-overflow: clip; }
    ChangeDialog .fields { width: 1fr; height: auto; }
    ChangeDialog .first { margin-top: 1; }
    ChangeDialog .option Label { width: 18; }
    ChangeDialog Input { width: 1fr; height: 1; padding: 0; border: none; background: $background; }
    ChangeDialog Input.wrong { color: $error; text-style: bold; }
    ChangeDialog Input.new, ChangeDialog Choice.new { text-style: bold; color: $accent; }
    ChangeDialog Input:focus { border: none; background: $background; }
    ChangeDialog Choice { width: 1fr; }
    ChangeDialog #told { height: 3; margin: 0 1; }
    ChangeDialog #legend { height: 1; margin: 0 1; }
    ChangeDialog .option { display: none; height: 1; margin: 0 1; }
    ChangeDialog .option.offered { display: block; }
    """

    parent_offers: ClassVar[tuple[str, str]] = ("stops after a checkpoint", "trains on")
    """What may become of the present run, where the answer leaves it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heading = "Change anything"
        self.keys = "enter applies · esc leaves all as it is"
        self._draft = Draft(config)
        self._rows: list[int] = []
        """How many each column has."""

    def compose(self) -> ComposeResult:
        """The fields by group, what they bring about, and the keys."""
        with Vertical(classes="box") as box:
            box.border_title = self.heading
            box.border_subtitle = self.keys
            with VerticalScroll(classes="columns", can_focus=False):
                yield self._column(left=True)
                yield self._column(left=False)
            yield self._option("keep", "embedding, read-out", ("fresh", "carried over"))
            yield self._option("this-run", "the present run", self.parent_offers)
            yield Static(id="told")
            yield Static(self._legend(), id="legend")

    def begin(self) -> None:
        """Begins at the first setting of training."""
        self._fit(self.app.size)
        self.query_one("#lr").focus()

    def on_resize(self, event: events.Resize) -> None:
        """One column where there is no room for two."""
        if self.is_open:
            self._fit(event.size)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self.is_open:
            self._take(event.input, event.input.id or "", event.value)

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        if not self.is_open:
            return
        if event.choice.id in settings():
            self._take(event.choice, str(event.choice.id), event.choice.value)
        self._tell()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Says what the field is."""
        if self.is_open:
            self._tell()

    def action_apply(self) -> None:
        """Leaves with the changes, unless something typed cannot be."""
        draft = self._draft
        if not self.is_open:
            return
        if draft.problem:
            self.app.bell()
            self._tell()
            return
        stop = self.query_one("#this-run", Choice).value != "trains on"
        self.dismiss(Wanted(draft.values, keep=self._keep, new_run=draft.new_run, stop=stop))

    def _fit(self, size: Size) -> None:
        """Gives the fields the rows there are; what is told stays below them."""
        narrow = size.width < _TWO_COLUMNS_FROM
        self.set_class(narrow, "narrow")
        rows = sum(self._rows) if narrow else max(self._rows)
        self.query_one(".columns").styles.height = max(1, min(rows, size.height - _BELOW))

    def offers(self, name: str) -> bool:
        """Whether a setting has a field."""
        return True

    def told(self) -> str:
        """What would happen."""
        return self._draft.told(self._keep)

    @property
    def _keep(self) -> bool:
        return self.query_one("#keep", Choice).value == "carried over"

    def _take(self, widget: Widget, name: str, text: str) -> None:
        if not self._draft.type(name, text):
            return  # a field tells its text when it is made, too
        widget.set_class(name in self._draft.values, "new")
        widget.set_class(name in self._draft.wrong, "wrong")
        self._offer_options()
        self._tell()

    def _offer_options(self) -> None:
        """Shows the options that what is typed brings up."""
        self.query_one("#keep-row").set_class(self._draft.rebuilds, "offered")
        self.query_one("#this-run-row").set_class(self._draft.new_run, "offered")

    def _tell(self) -> None:
        """What is wrong, else what would happen, after what the field in focus is."""
        focused, draft = self.focused, self._draft
        name = focused.id if focused is not None and focused.id in settings() else None
        about = docs()[name] if name else ""
        problem = draft.wrong.get(name or "") or draft.problem
        told = Content.styled(problem, "bold $error") if problem else Content(self.told())
        self.query_one("#told", Static).update(Content.assemble((about, "$muted"), "\n", told), layout=False)

    def _column(self, left: bool) -> Widget:
        """The names of settings by group as one text, and a field beside each: half as many widgets as by rows."""
        names: list[Content] = []
        fields: list[Widget] = []
        for group, found in groupby(settings(), key=lambda name: settings()[name].group):
            offered = [name for name in found if self.offers(name)]
            if (group in _LEFT) == left and offered:
                names += [Content.styled(group, "bold $accent"), *map(_label, offered)]
                fields += [self._field(name, first=name == offered[0]) for name in offered]
        self._rows.append(len(names))
        texts = Static(Content("\n").join(names), classes="names")
        return Horizontal(texts, Vertical(*fields, classes="fields"), classes="column")

    def _field(self, name: str, first: bool) -> Widget:
        value: Value = getattr(self._draft.config, name)
        classes = "first" if first else None
        if field_type(name) is not str and not _numeric(name):
            return Choice(choices(name), str(value), id=name, classes=classes)
        # What is typed is looked at here, and CSS says that it is compact: by Textual's own means each field would
        # have a class set when it is made and two whenever its text changes, and be styled anew each time.
        return Input(formats.typed(value), id=name, classes=classes, select_on_focus=True, validate_on=())

    def _option(self, id: str, label: str, offered: tuple[str, str]) -> Widget:
        return Horizontal(Label(label), Choice(offered, offered[0], id=id), id=f"{id}-row", classes="option")

    def _legend(self) -> Content:
        pieces = [
            Content.assemble((f"{glyph} ", f"${color}"), (acts, "$muted"))
            for acts, (glyph, color) in MARKS.items()
            if any(settings()[name].acts == acts for name in settings() if self.offers(name))
        ]
        return Content("   ").join(pieces)


def _label(name: str) -> Content:
    """How a setting acts, and its name."""
    glyph, color = MARKS[settings()[name].acts]
    return Content.assemble((f"{glyph} ", f"${color}"), formats.setting(name))


def _numeric(name: str) -> bool:
    """Whether a setting may hold a number."""
    hint = field_type(name)
    return hint in (int, float) or bool({int, float} & set(getattr(hint, "__args__", ())))
