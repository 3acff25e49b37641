"""What keys do with views: opening one, going from one to the next, and the step to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokterm.tui.places import BESIDE_FROM
from grokterm.tui.screens.traveling import Traveling
from grokterm.tui.views.catalogue import views
from grokterm.wire.messages import PictureRequest

if TYPE_CHECKING:
    from grokterm.tui.panes.guide import GuidePane
    from grokterm.tui.views.view import ViewPane


class Viewing(Traveling):
    """The actions of the watch screen that concern views."""

    view: ViewPane | None = None
    """The open view, over all panes."""
    guide: GuidePane | None = None
    """The page about it, while that is shown."""
    _last_view = 1

    @property
    def picture(self) -> PictureRequest | None:
        """The picture of the model that the open view draws."""
        if self.view is None or self.viewer.comparison is not None:
            return None
        return self.view.request()

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
            self.close_guide()

    def close_guide(self) -> None:
        """Takes the guide page off the screen, if there is one."""
        if self.guide is not None:
            guide, self.guide = self.guide, None
            guide.remove()
            self._focus_view()

    def action_help(self) -> None:
        """Opens or closes the page about the open view; without a view, opens the help."""
        if self.guide is not None:
            self.close_guide()
            self.rearrange()
        elif self.view is not None and _has_page(self.view.name):
            self._explain(self.view.name)
        else:
            from grokterm.tui.screens.help import HelpDialog

            self.app.push_screen(HelpDialog(self.world.palette))

    def action_turn_pages(self, screens: int) -> None:
        """Scrolls the page about the open view."""
        if self.guide is not None:
            self.guide.turn_pages(screens)

    def _explain(self, name: str) -> None:
        """Shows a page of the guide."""
        from grokterm.tui.panes.guide import GuidePane

        self.guide = GuidePane(name, self.world.palette)
        self.mount(self.guide)
        self.rearrange()
        self._focus_view()

    def _focus_view(self) -> None:
        """Gives the focus to the view, or to the page where that hides it."""
        covered = self.guide is not None and self.size.width < BESIDE_FROM
        target = self.guide if covered else self.view
        if target is not None:
            self.call_after_refresh(self.set_focus, target)

    def _open(self, number: int | None) -> None:
        if number is None or number not in views():
            return
        name = views()[number].name
        guide, self.guide = self.guide, None  # it stays, and turns to the page of the new view
        self.close_view()
        self._last_view = number
        self.view = views()[number]()
        self.mount(self.view)
        self.guide = guide
        if self.guide is not None and _has_page(name):
            self.guide.turn_to(name)
        elif self.guide is not None:
            self.close_guide()
        self.rearrange()
        self._focus_view()
        self.viewer.hurry()

    # Found by its name: Textual does not collect what `on` decorates in a class that is no widget.
    def on_view_pane_chosen(self) -> None:
        """Draws what was chosen, and what that makes of the screen, at once."""
        self.viewer.hurry()


def _has_page(view: str) -> bool:
    """Whether the guide has a page about a view."""
    from grokterm.guide import page_names

    return view in page_names()
