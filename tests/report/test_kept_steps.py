"""The slider's data from made-up pictures: bits that fill bytes, splits that change, tasks without a table."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from grokterm.config import Config
from grokterm.drawn.asked import KeptStep
from grokterm.drawn.board import right_pairs
from grokterm.picture import Picture, PictureRequest
from grokterm.report.data import Data, unpacked
from grokterm.report.kept_steps import steps_body

LABELS = np.array([[0, 1, 2], [1, 2, -1], [2, 0, 1]], dtype=np.int16)
P3 = Config(p=3, width=4, d_model=4)


def picture(name: str, why: str = "", **arrays: npt.NDArray[Any]) -> Picture:
    return Picture(arrays, summary=why, request=PictureRequest(name))


def kept(step: int, prediction: npt.NDArray[Any], trained: npt.NDArray[Any], **others: Picture) -> KeptStep:
    """A step whose models have no frequencies, unless they are given."""
    pictures = {
        "table": picture("table", prediction=prediction),
        "task": picture("task", label=LABELS, trained=trained),
        "spectrum": picture("spectrum", "no invertible basis"),
        "coordinates": picture("coordinates", "no coordinates"),
    }
    return KeptStep(step, pictures | others)


def read(data: Data) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    written = json.loads(data.json())
    arrays = {name: unpacked(packed) for name, packed in written["arrays"].items()}
    return written["steps"], {name: arrays[written["steps"][name]] for name in ("right", "trained", "labels")}


def test_bits_of_a_step_begin_with_a_byte_and_equal_ones_are_kept_once() -> None:
    first, second = np.zeros((3, 3), dtype=np.bool_), np.eye(3, dtype=np.bool_)
    wrong = np.full((3, 3), 2, dtype=np.int16)
    steps = [kept(0, wrong, first), kept(5, LABELS, first), kept(9, wrong, second)]
    data = Data()
    body = steps_body(data, steps, P3)
    spec, arrays = read(data)
    assert [(one["step"], one["bits"], one["trained"], one["labels"]) for one in spec["steps"]] == [
        (0, 0, 0, 0),
        (5, 16, 0, 0),
        (9, 0, 16, 0),
    ]
    for one, step in zip(spec["steps"], steps, strict=True):
        found = arrays["right"][one["bits"] : one["bits"] + 9].reshape(3, 3)
        np.testing.assert_array_equal(found, right_pairs(step))
        assert one["right"] == found.sum()
    assert spec["steps"][1]["words"] == "test 100.0 % · 0 of 8 test pairs wrong"
    assert spec["steps"][2]["words"] == "train 33.3 % · test 40.0 % · 3 of 5 test pairs wrong"
    assert arrays["labels"].tolist() == [0, 1, 2, 1, 2, spec["undefined"], 2, 0, 1]
    assert "No bars: no invertible basis." in body
    assert "norms" not in spec


def test_what_has_no_answer_is_never_right() -> None:
    step = kept(0, LABELS, np.zeros((3, 3), dtype=np.bool_))
    np.testing.assert_array_equal(right_pairs(step), LABELS >= 0)


def test_wrong_labels_and_slices_are_told() -> None:
    none = np.zeros((3, 3), dtype=np.bool_)
    for config, words in (
        (P3.changed({"corrupt": 0.5}), "by the right answers: test 100.0 % · 0 of 8 test pairs wrong"),
        (Config(task="sum", k=3, p=3), "of these: test 100.0 % · 0 of 8 test pairs wrong"),
    ):
        data = Data()
        body = steps_body(data, [kept(0, LABELS, none)], config)
        assert read(data)[0]["steps"][0]["words"] == words
        assert ("all other inputs being 0" in body) == (config.task == "sum")


def test_a_parity_has_its_coordinates_as_bars() -> None:
    pictures = {
        "table": picture("table", "it has no table"),
        "task": picture("task", "it has no table"),
        "coordinates": picture("coordinates", norms=np.array([1, 3, 2], np.float32), secret=np.array([2, 3])),
    }
    data = Data()
    body = steps_body(data, [kept(4, LABELS, LABELS > 0, **pictures)], Config(task="parity", arch="one-hot"))
    spec = json.loads(data.json())["steps"]
    assert (spec["component"], spec["top"], spec["steps"][0]["keys"]) == ("coordinate", 3, [2, 3])
    assert spec["steps"][0]["said"] == "secret 2, 3"
    assert "No table of pairs: it has no table." in body


def test_where_nothing_can_be_shown_there_is_no_slider() -> None:
    nothing = {name: picture(name, "not defined") for name in ("table", "task", "spectrum", "coordinates")}
    data = Data()
    body = steps_body(data, [KeptStep(1, nothing)], P3, ["The model of step 3 is left out: it is torn."])
    assert json.loads(data.json())["steps"] is None
    assert "data-steps" not in body
    assert "The model of step 3 is left out: it is torn." in body
