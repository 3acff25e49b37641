"""What keys do with views: opening one, going from one to the next, and the step to compare with."""

from __future__ import annotations

from textual import on

from grokterm.tui.screens.traveling import Traveling
from grokterm.tui.views.catalogue import views
from grokterm.tui.views.view import ViewPane
from grokterm.wire.messages import PictureRequest


class Viewing(Traveling):
    """The actions of the watch screen that concern views."""

    view: ViewPane | None = None
    """The open view, over all panes."""
    _last_view = 1

    @property
    def picture(self) -> PictureRequest | None:
        """The picture of the model that the open view draws."""
        return self.view.request() if self.view is not None else None

    @property
    def compares(self) -> bool:
        """Whether the open view stands beside an earlier one."""
        return self.view is not None and self.view.compares

    def rearrange(self) -> None:
        """Puts the parts in their places and draws them."""
        raise NotImplementedError

    def action_views(self) -> None:
        """Opens the list of views."""
        from grokterm.tui.screens.views import ViewsDialog

        self.app.push_screen(ViewsDialog(views(), self._last_view), self._open)

    def action_next_view(self, stride: int) -> None:
        """Goes to the next view, or opens the one that was open last."""
        numbers = list(views())
        at = numbers.index(self._last_view) if self._last_view in numbers else 0
        self._open(numbers[(at + stride) % len(numbers)] if self.view is not None else numbers[at])

    def action_mark(self) -> None:
        """Takes the step that is looked at as the one to compare with."""
        step = self.world.moment.step if self.world.moment else self.world.newest
        self.world.mark = step
        self.say(f"views compare with step {step:,}")

    def close_view(self) -> None:
        """Takes the view off the screen, if there is one."""
        if self.view is not None:
            view, self.view = self.view, None
            self.world.picture = self.world.before = None
            view.remove()

    def _open(self, number: int | None) -> None:
        if number is None or number not in views():
            return
        self.close_view()
        self._last_view = number
        self.view = view = views()[number]()
        self.mount(view)
        self.rearrange()
        self.call_after_refresh(self.set_focus, view)

    @on(ViewPane.Chosen)
    def _chosen(self) -> None:
        self.show()
