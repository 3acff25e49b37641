"""What `grokterm doctor` looks at: the terminal, the packages, the machine and the folders."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal, NamedTuple

from grokterm.cli.defaults import config_folder, read_defaults
from grokterm.cli.terminal_locale import terminal_locale
from grokterm.errors import ConfigError, GroktermError, TerminalError
from grokterm.number_format import size
from grokterm.runs.devices import describe_devices
from grokterm.view_options import shown_colors

Verdict = Literal["good", "note", "missing"]

PACKAGES: Final = ("textual", "rich", "plotext", "numpy", "msgspec", "safetensors", "psutil", "cyclopts", "tomli-w")
"""Packages without which grokterm does not run; torch is asked in its own process."""
_LEAST: Final = (80, 24)
"""Columns and lines from which the screen shows more than its status."""
_FREE: Final = 2 * 10**8
"""Bytes that a run or two take."""


class Check(NamedTuple):
    """One thing looked at: what was found, and what can be done about it."""

    name: str
    found: str
    verdict: Verdict = "good"
    advice: str = ""


def terminal_checks(environment: Mapping[str, str]) -> list[Check]:
    """Size, TERM, colours, multiplexer, ssh, locale and glyphs."""
    return [
        _screen(),
        _size(),
        _term(environment),
        _colors(environment),
        _multiplexer(environment),
        _remote(environment),
        _locale(environment),
    ]


def package_checks() -> list[Check]:
    """Python and the packages, by version."""
    good = sys.version_info >= (3, 11)
    python = f"{platform.python_version()} at {sys.executable}"
    checks = [Check("python", python) if good else Check("python", python, "missing", "grokterm needs Python 3.11")]
    for name in PACKAGES:
        try:
            checks.append(Check(name, version(name)))
        except PackageNotFoundError:
            checks.append(Check(name, "not installed", "missing", f"install it: pip install {name}"))
    return checks


def machine_checks() -> list[Check]:
    """Torch, devices, CPU features, the precision that auto picks, kernels, and threads."""
    try:
        about = describe_devices()
    except GroktermError as error:
        return [Check("torch", str(error), "missing", "install it: pip install torch")]
    features = ", ".join(about["cpu_features"]) or "none that speed up bfloat16"
    names = f" ({', '.join(about['cuda'])})" if about["cuda"] else ""
    return [
        Check("torch", str(about["torch"])),
        Check("devices", f"{', '.join(about['devices'])}{names}; auto takes {about['default']}"),
        Check("CPU features", f"{about['cpu']}, {features}"),
        Check("precision", f"auto takes {about['precision']} for matrix products"),
        _kernels(),
        Check("threads", f"{about['threads']} of {os.cpu_count()} processors"),
    ]


def folder_checks(given: Path | None) -> list[Check]:
    """The runs with the room they have, and the user's config folder."""
    checks = [_own_defaults(), _themes()]
    try:
        from grokterm.runs.folder import list_runs, runs_home
        from grokterm.runs.process import trainer_alive
    except ImportError as error:
        return [Check("run folder", f"not known: {error}", "note"), *checks]
    try:
        home = runs_home(given)
        found = list_runs(home)
    except GroktermError as error:
        return [Check("run folder", str(error), "missing", "make it writable, or choose another with --runs"), *checks]
    alive = sum(trainer_alive(folder) for folder in found)
    free = shutil.disk_usage(home).free
    room = Check("free space", size(free))
    if free < _FREE:
        room = Check("free space", size(free), "note", "a run takes up to 100 MB: remove old runs, or choose --runs")
    return [Check("run folder", f"{home} ({len(found):,} runs, {alive:,} training)"), room, *checks]


def _kernels() -> Check:
    """The kernels, compiled if they are not yet."""
    from grokterm.kernels.build import NO_COMPILER, build_or_explain, products
    from grokterm.kernels.digest import digest
    from grokterm.kernels.instruction_sets import NONE, instruction_set, limit

    try:
        library, reason = build_or_explain()
    except ConfigError as error:
        return Check("kernels", str(error), "missing", "nothing trains until it is changed or unset")
    if library is None:
        advice = "install gcc or clang, or pip install 'grokterm[compiler]': steps are then several times faster"
        if reason != NO_COMPILER:
            return Check("kernels", f"none: {reason}; torch takes all steps", "note" if limit() == NONE else "missing")
        return Check("kernels", f"none: {reason}; torch takes all steps", "note", advice)
    known = products(library)
    if not known:
        return Check("kernels", f"none: {library} cannot be loaded; torch takes all steps", "note", "remove that file")
    made = f"compiled with {instruction_set().name} for {' and '.join(known)}"
    return Check("kernels", f"{made} ({library}), digest {digest(library)}")


def _screen() -> Check:
    from grokterm.cli.terminal import check_terminal

    try:
        check_terminal()
    except TerminalError as error:
        return Check("screen", str(error), "note")
    return Check("screen", "this terminal can show it")


def _size() -> Check:
    columns, lines = shutil.get_terminal_size()
    found = f"{columns}×{lines}"
    if columns >= _LEAST[0] and lines >= _LEAST[1]:
        return Check("size", found)
    return Check("size", found, "note", f"from {_LEAST[0]}×{_LEAST[1]} on there is room for curves and table")


def _term(environment: Mapping[str, str]) -> Check:
    found = ", ".join(f"{name} {environment.get(name) or 'not set'}" for name in ("TERM", "COLORTERM"))
    return Check("kind", found)


def _colors(environment: Mapping[str, str]) -> Check:
    colors = shown_colors("auto", environment)
    words = {"none": "none, as NO_COLOR or TERM asks", "16": "16", "256": "256", "truecolor": "truecolor"}[colors]
    if colors in ("truecolor", "none"):
        return Check("colours", words)
    return Check("colours", words, "note", "if yours shows more, set COLORTERM=truecolor or give --color truecolor")


def _multiplexer(environment: Mapping[str, str]) -> Check:
    if environment.get("TMUX"):
        command = ["tmux", "display-message", "-p", "#{client_termfeatures}"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2)
            features = done.stdout
        except (OSError, subprocess.TimeoutExpired):
            features = ""
        if "RGB" in features:
            return Check("multiplexer", "tmux, which passes truecolor")
        advice = "put into ~/.tmux.conf: set -as terminal-features ',*:RGB'"
        return Check("multiplexer", "tmux, which may not pass truecolor", "note", advice)
    if environment.get("STY"):
        return Check("multiplexer", "screen, which passes 256 colours at most", "note", "give --color 256")
    return Check("multiplexer", "none")


def _remote(environment: Mapping[str, str]) -> Check:
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return Check("connection", "ssh: fewer frames a second; runs go on when it drops (grokterm attach)")
    return Check("connection", "local")


def _locale(environment: Mapping[str, str]) -> Check:
    locale = terminal_locale(environment)
    if locale.is_utf8:
        return Check("locale", f"{locale.words}; if curves show boxes, the font has no braille: give --graph block")
    advice = "set LC_ALL=C.UTF-8 where it does, or give --graph ascii"
    return Check("locale", f"{locale.words}: the terminal may not show UTF-8", "note", advice)


def _own_defaults() -> Check:
    path = config_folder() / "config.toml"
    try:
        own = read_defaults()
    except ConfigError as error:
        return Check("your defaults", str(error), "missing", f"mend it or move it away: {path}")
    words = ", ".join(f"{name} {value}" for name, value in own.items()) or "none set"
    return Check("your defaults", f"{words} ({path})")


def _themes() -> Check:
    try:
        from grokterm.tui.theme import load_themes
    except ImportError as error:
        return Check("themes", f"not known: {error}", "note")
    themes = load_themes()
    found = f"{', '.join(themes)} (your own: {config_folder() / 'themes'})"
    if themes.messages:
        return Check("themes", found, "note", "; ".join(themes.messages))
    return Check("themes", found, "good" if themes else "missing", "" if themes else "install grokterm again")
