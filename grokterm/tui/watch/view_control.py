"""What keys do with views: opening one, going from one to the next, its guide page, and the step to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokterm.tui.panes import FourierPane
from grokterm.tui.views.catalogue import number_of, views
from grokterm.tui.watch.host import Host
from grokterm.tui.watch.places import BESIDE_FROM

if TYPE_CHECKING:
    from grokterm.tui.panes.guide import GuidePane
    from grokterm.tui.views.view import ViewPane


class ViewControl:
    """The actions that concern views."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer
        self.view: ViewPane | None = None
        """The open view, over all panes."""
        self.guide: GuidePane | None = None
        """The page about it, while that is shown."""
        self._last = 1

    def views(self) -> None:
        """Opens the list of views."""
        from grokterm.tui.dialogs.views import ViewsDialog

        self._host.open_dialog(ViewsDialog(views(), self._last), self.open)

    def next_view(self, stride: int) -> None:
        """Goes to the next view, or opens the one that was open last."""
        numbers = list(views())
        at = numbers.index(self._last) if self._last in numbers else 0
        self.open(numbers[(at + stride) % len(numbers)] if self.view is not None else numbers[at])

    def forecast(self) -> None:
        """Opens the view of the forecast, or closes it."""
        if self.view is not None and self.view.name == "forecast":
            self.close()
            self._host.rearrange()
        else:
            self.open(number_of("forecast"))

    def mark(self) -> None:
        """Takes the step that is looked at as the one to compare with; on the board, ends comparing if it does."""
        state = self._viewer.state
        if self.view is None and state.comparing:
            state.comparing = False
            self._host.say("table and Fourier bars show one step")
            return
        state.mark = state.moment.step if state.moment else state.newest
        state.comparing = state.comparing or self.view is None
        who = "views" if self.view else "table, Fourier bars and views"
        self._host.say(f"{who} compare with step {state.mark:,}")

    def help(self) -> None:
        """Opens or closes the page about the open view; without a view, opens the help."""
        if self.guide is not None:
            self.close_guide()
            self._host.rearrange()
        elif self.view is not None and _has_page(self.view.name):
            self._explain(self.view.name)
        else:
            from grokterm.tui.dialogs.help import HelpDialog

            self._host.open_dialog(HelpDialog(self._viewer.state.palette))

    def turn_pages(self, screens: int) -> None:
        """Scrolls the page about the open view."""
        if self.guide is not None:
            self.guide.turn_pages(screens)

    def open(self, number: int | None) -> None:
        """Opens a view by its number in the present one's place; nothing where there is none."""
        if number is None or number not in views() or not self._host.is_attached:
            return
        name = views()[number].name
        guide, self.guide = self.guide, None  # it stays, and turns to the page of the new view
        self.close()
        self._last = number
        self.view = views()[number]()
        self._host.mount(self.view)
        self.guide = guide
        if self.guide is not None and _has_page(name):
            self.guide.turn_to(name)
        elif self.guide is not None:
            self.close_guide()
        self._host.rearrange()
        self.focus()
        self._viewer.draw_soon()

    def close(self) -> None:
        """Takes the view off the screen, if there is one."""
        if self.view is not None:
            view, self.view = self.view, None
            if view.name != FourierPane.name:  # whose picture the board draws, too
                self._viewer.forget_picture(view.name)
            view.remove()
            self.close_guide()

    def close_guide(self) -> None:
        """Takes the guide page off the screen, if there is one."""
        if self.guide is not None:
            guide, self.guide = self.guide, None
            guide.remove()
            self.focus()

    def focus(self) -> None:
        """Gives the focus to the view, or to the page where that hides it."""
        covered = self.guide is not None and self._host.size.width < BESIDE_FROM
        target = self.guide if covered else self.view
        if target is not None:
            self._host.focus_on(target)

    def _explain(self, name: str) -> None:
        """Shows a page of the guide."""
        from grokterm.tui.panes.guide import GuidePane

        self.guide = GuidePane(name, self._viewer.state.palette)
        self._host.mount(self.guide)
        self._host.rearrange()
        self.focus()


def _has_page(view: str) -> bool:
    """Whether the guide has a page about a view."""
    from grokterm.guide import page_names

    return view in page_names()
