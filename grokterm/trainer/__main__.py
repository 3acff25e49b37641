"""`python -m grokterm.trainer FOLDER [--paused | --beyond] [--idle SECONDS]`: trains the run of a folder."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from grokterm.errors import GroktermError, first_line
from grokterm.kernels.build import build_or_explain
from grokterm.loading import let_threads_sleep, without_garbage_collection
from grokterm.news import news_of, notify_command
from grokterm.output import lossy_output
from grokterm.plugins.loading import load_arguments, place_in_plugin, take_arguments
from grokterm.runs.claim import Claim, claim
from grokterm.runs.folder import RunFolder
from grokterm.runs.log import LogWriter, read_tail
from grokterm.runs.stop_signal import StopSignal
from grokterm.trainer.notify import Notifier
from grokterm.wire.records import Session


def main(arguments: list[str] | None = None) -> int:
    """Trains the run of a folder until it is done; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grokterm.trainer", description="Trains the run of a folder.")
    parser.add_argument("folder", type=Path, help="the run folder")
    parser.add_argument("--paused", action="store_true", help="stay paused on the last checkpoint")
    parser.add_argument("--beyond", action="store_true", help="go on although the goal is reached")
    parser.add_argument("--idle", type=float, metavar="SECONDS", help="end after so long without training and viewers")
    parser.add_argument("--notify", default="", metavar="COMMAND", help="run this for what is news, given as JSON")
    take_arguments(parser)
    given = parser.parse_args(arguments)
    os.umask(0o077)
    stop_signal = StopSignal()
    folder = RunFolder(given.folder.absolute())
    try:
        load_arguments(given)
        folder.config()
        with claim(folder) as claimed:
            return _train(folder, claimed, given, stop_signal)
    except GroktermError as error:
        print(error, file=sys.stderr)
        return error.exit_status


def _train(folder: RunFolder, claimed: Claim, given: argparse.Namespace, stop_signal: StopSignal) -> int:
    """Trains; whatever goes wrong ends with one sentence in the log."""
    let_threads_sleep()
    notifier: Notifier | None = None
    try:
        kernels = ThreadPoolExecutor(1).submit(build_or_explain)  # compiled once on a machine, while torch loads
        # The socket listens already: who connects while torch loads is answered afterwards.
        with without_garbage_collection():
            from grokterm.lab import native
            from grokterm.trainer.idle import IDLE_SECONDS
            from grokterm.trainer.loop import Trainer
            from grokterm.trainer.opening import open_run
            from grokterm.trainer.server import Server

        notifier = Notifier(notify_command(given.notify))
        library, reason = kernels.result()
        native.load(library)
        server = Server(claimed.listener)
        try:
            idle = IDLE_SECONDS if given.idle is None else given.idle
            claimed.check(check_now=True)  # loading took its time
            opened = open_run(folder, f"no kernels: {reason}" if reason else "")
            Trainer(opened, server, claimed, given.paused, stop_signal, idle, given.beyond, notifier).run()
        finally:
            server.close()
    except GroktermError as error:
        _fail(folder, claimed, str(error), notifier)
        raise
    except Exception as error:
        words = f"{type(error).__name__}: {first_line(error)}"
        if place := place_in_plugin(error):
            words = f"the plugin failed in {place}: {words}"
            print(words, file=sys.stderr)
        else:
            traceback.print_exc()
        _fail(folder, claimed, words, notifier)
        return 1
    return 0


def _fail(folder: RunFolder, claimed: Claim, words: str, notifier: Notifier | None) -> None:
    """Says in the log why the trainer ended, if it is still the log of this run and can be written, and tells of it."""
    if claimed.lost:
        return
    try:
        last = max((record.step for record in read_tail(folder.log_path, 2**16)), default=0)
        failed = Session(last, "failed", words, time.time())
        LogWriter(folder.log_path).append(failed)
        if notifier is not None:
            for news in news_of([failed], folder.id, str(folder.path)):
                notifier.tell(news)
            notifier.finish()
    except GroktermError as error:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main()))
