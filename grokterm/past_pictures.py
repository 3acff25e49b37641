"""`python -m grokterm.past_pictures FOLDER`: pictures of a run at any of its steps, as they are asked for.

Reads messages `Look` with a step on standard input and answers each on standard output: `Pictures`, or `Answer` with
the reason why there are none. Nothing is written to the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import BinaryIO, Final

from grokterm.errors import ConfigError, GroktermError, first_line
from grokterm.notebook import Run
from grokterm.picture import Picture, PictureRequest
from grokterm.plugins.loading import load_arguments, place_in_plugin, take_arguments
from grokterm.runs.folder import RunFolder
from grokterm.snapshot import Snapshot
from grokterm.wire.messages import Answer, Look, Pictures, Status, decode_request, encode_message, split_messages

_BLOCK: Final = 2**16
_ELSEWHERE: Final = "cpu"
"""Where pictures are made when the device of the run is not here."""


def main(arguments: list[str] | None = None) -> int:
    """Answers until standard input ends; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grokterm.past_pictures", description="Draws models of a run.")
    parser.add_argument("folder", type=Path, help="the run folder")
    take_arguments(parser)
    given = parser.parse_args(arguments)
    output = sys.stdout.buffer
    try:
        with redirect_stdout(sys.stderr):  # what a plugin prints is no message
            load_arguments(given)
            run = Run(RunFolder(given.folder.absolute()))
            for look in _asked(sys.stdin.buffer):
                output.write(encode_message(_answer(run, look)))
                output.flush()
    except GroktermError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except Exception as error:
        place = place_in_plugin(error)
        if not place:
            raise
        print(f"the plugin failed in {place}: {type(error).__name__}: {first_line(error)}", file=sys.stderr)
        return GroktermError.exit_status
    return 0


def _asked(stream: BinaryIO) -> Iterator[Look]:
    buffer = bytearray()
    while block := stream.read1(_BLOCK):  # type: ignore[attr-defined]  # a buffered reader
        buffer += block
        for body in split_messages(buffer):
            request = decode_request(body)
            if isinstance(request, Look):
                yield request


def _answer(run: Run, look: Look) -> Pictures | Answer:
    step = run.last_step if look.at is None else look.at
    try:
        model = _model(run, step)
    except GroktermError as error:
        return Answer(look.id, False, str(error), step)
    status = Status(step, "finished", 0.0, 0.0, "max", model.config.device, model.config.precision)
    return Pictures(look.id, status, tuple(_drawn(model, request) for request in look.pictures))


def _model(run: Run, step: int) -> Snapshot:
    try:
        return run.at(step)
    except ConfigError:
        return run.at(step, device=_ELSEWHERE)


def _drawn(model: Snapshot, request: PictureRequest) -> Picture:
    made = getattr(model, request.name)(without=request.ablation, **request.chosen)
    assert isinstance(made, Picture)
    return made


if __name__ == "__main__":
    sys.exit(main())
