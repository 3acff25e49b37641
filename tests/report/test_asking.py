"""Pictures of a run's models, asked of a process of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from grokterm.drawn.asking import picture_source
from grokterm.errors import TrainerError
from grokterm.notebook import Run
from grokterm.picture import PictureRequest
from grokterm.runs.folder import RunFolder
from grokterm.surgery import Ablation
from tests.nursery import launched_by


def test_answers_are_those_of_a_notebook(recorded: RunFolder) -> None:
    taken = Ablation(frequencies=(1,), only=True)
    requests = [
        PictureRequest("spectrum"),
        PictureRequest("clocks", {"count": 3, "page": 1}),
        PictureRequest("ablation", ablation=taken),
        PictureRequest("coordinates"),
    ]
    with launched_by(subprocess), picture_source(recorded) as source:
        found = source.ask(60, requests)
        assert source.ask(121, requests) == f"{recorded.id} has steps 0 to 120, and 121 is none of them"
        again = source.ask(60, requests[:1])
    assert isinstance(found, tuple)
    assert isinstance(again, tuple)
    model = Run(recorded).at(60)
    wanted = [model.spectrum(), model.clocks(count=3, page=1), model.ablation(without=taken), model.coordinates()]
    assert [picture.request for picture in found] == requests
    for one, other in zip([*found, *again], [*wanted, wanted[0]], strict=True):
        assert (one.summary, one.names, one.arrays.keys()) == (other.summary, other.names, other.arrays.keys())
        for name, values in one.arrays.items():
            kept = other.arrays[name]
            np.testing.assert_array_equal(values, kept.astype(np.float32) if kept.dtype == np.float64 else kept)
    assert found[3].arrays == {}


@pytest.mark.parametrize("ended", [False, True])
def test_the_last_words_of_a_process_that_ends_or_has_ended_are_told(tmp_path: Path, ended: bool) -> None:
    with picture_source(RunFolder(tmp_path / "no-run")) as source:
        if ended:
            source._process.wait()
        with pytest.raises(TrainerError, match="no-run"):
            source.ask(0, [])
