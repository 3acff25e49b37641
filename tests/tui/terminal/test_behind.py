from __future__ import annotations

from textual.app import App, ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from grokterm.tui.terminal.behind import Over


class Plain(ModalScreen[None]):
    DEFAULT_CSS = "Plain { background: #102030 60%; }"


class Dialog(Over, ModalScreen[None]):
    DEFAULT_CSS = "Dialog { background: #102030 60%; }"


class Below(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("[bold red]words[/] [@click=app.bell]and[/] [on blue]more[/]\nof them")


async def test_the_screen_behind_is_as_textual_tints_it() -> None:
    seen = []
    for over in (Plain, Dialog):
        app = Below()
        async with app.run_test(size=(30, 5)) as pilot:
            await app.push_screen(over())
            await pilot.pause()
            seen.append([list(strip) for strip in app.screen._compositor.render_strips()])
    assert seen[0] == seen[1]
    assert any(segment.text == "words" for segment in seen[0][0])
