"""Files of weights: what is read of them, and that hostile ones are refused in a sentence, without their memory."""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from grokterm.errors import WeightsError
from grokterm.opening.files import read_file, read_weights
from grokterm.opening.weights import LARGEST
from tests.opening.plain import drawn

W = drawn({"fc1.weight": (20, 22), "fc2.weight": (11, 20)})
Save = Callable[[object, str], Path]


def steps_of(*paths: Path, step: int | None = None) -> list[int | None]:
    return [state.step for state in read_weights(paths, step).states]


def test_safetensors_and_npz_come_with_their_metadata(tmp_path: Path) -> None:
    about = {"step": "600", "config": json.dumps({"p": 11}), "words": "{not json"}
    safetensors.torch.save_file(W, tmp_path / "a", about)
    np.savez_compressed(tmp_path / "b.npz", metadata=np.array(json.dumps({"step": 600, "config": {"p": 11}})), **W)  # type: ignore[arg-type]
    for name in ("a", "b.npz"):
        (state,), about_it = read_file(tmp_path / name)
        assert (state.step, about_it["config"]) == (600, {"p": 11})
        assert state.tensors.keys() == W.keys()
        assert all(torch.equal(state.tensors[key], W[key]) for key in W)


@pytest.mark.parametrize(
    ("what", "steps"),
    [
        (W, [0]),
        ({"model": W, "epoch": 40, "optimizer": {"lr": 1}}, [40]),
        ({"state_dict": W, "global_step": torch.tensor(7)}, [7]),
        ({"state_dicts": [W, W, W], "epochs": [200, 0, 100], "train_losses": [1.0]}, [0, 100, 200]),
        ({"checkpoints": [W, W], "checkpoint_epochs": torch.tensor([5, 6])}, [5, 6]),
        ({"state_dicts": [W, W], "epochs": [0, 99.0]}, [0, 99]),
        ([W, W], [0, 1]),
    ],
)
def test_what_training_loops_save(what: object, steps: list[int], saved: Save) -> None:
    path = saved(what, "x.pt")
    assert steps_of(path) == steps
    assert torch.equal(read_weights([path]).states[0].tensors["fc1.weight"], W["fc1.weight"])


def test_a_plain_configuration_is_read_beside(saved: Save) -> None:
    path = saved({"model": W, "config": {"p": 113, "lr": 1e-3, "list": [1]}}, "x.pt")
    assert read_file(path).about == {"settings": {"p": 113, "lr": 1e-3}}


def test_several_files_are_the_steps_in_their_names(saved: Save) -> None:
    paths = [saved({"model": W}, f"run_3_step_{step}.pth") for step in (500, 20)]
    assert steps_of(*paths) == [20, 500]
    assert steps_of(saved(W, "a.pt"), saved(W, "b.pt")) == [0, 1]
    assert steps_of(saved({"model": W, "epoch": 9}, "a7.pt"), saved({"model": W, "epoch": 3}, "b1.pt")) == [3, 9]
    assert steps_of(paths[0], step=77) == [77]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"state_dicts": [W, W], "epochs": [0]}, "holds 2 state dicts and 1 steps"),
        ({"state_dicts": [W, 5], "epochs": [0, 1]}, "holds a int where a state dict was expected"),
        ({"state_dicts": [W], "epochs": ["first"]}, "steps that are no whole numbers"),
        ({"state_dicts": [W, W], "epochs": [3, 3]}, "two of the weights are of step 3"),
        ({"state_dicts": [], "epochs": []}, "holds 0 state dicts"),
        ({"losses": [1.0], "epoch": 3}, "holds no state dict: it has 'losses', 'epoch', and none of state_dicts"),
        ({"model": {"a": W["fc1.weight"], "b": [1]}}, "holds a list as 'b', where a tensor was expected"),
        ({}, "holds no tensor"),
        (torch.zeros(3), "holds a Tensor, where a state dict"),
        ({"a": torch.zeros(2, dtype=torch.complex64)}, "dense real numbers are read"),
        ({"a": torch.eye(3).to_sparse()}, "dense real numbers are read"),
        (
            {"a": torch.zeros(1).expand(2**15, 2**15)},
            r"a in x.pt is \[32768, 32768\]: 1,073,741,824 bytes are the most",
        ),
    ],
)
def test_what_is_no_state_dict_is_told(what: object, words: str, saved: Save) -> None:
    with pytest.raises(WeightsError, match=words):
        read_weights([saved(what, "x.pt")])


def test_many_steps_and_several_files_do_not_go_together(saved: Save) -> None:
    many, one = saved({"state_dicts": [W, W], "epochs": [0, 1]}, "many.pt"), saved(W, "one.pt")
    with pytest.raises(WeightsError, match="a file with many steps is opened alone"):
        read_weights([many, one])
    with pytest.raises(WeightsError, match="--step is for the weights of one step, and here are 2"):
        read_weights([many], 5)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("exploded",)


@pytest.mark.parametrize("legacy", [False, True])
def test_nothing_is_unpickled(legacy: bool, tmp_path: Path) -> None:
    torch.save({"model": W, "config": Bomb()}, tmp_path / "x.pt", _use_new_zipfile_serialization=not legacy)
    (tmp_path / "y.pt").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(WeightsError) as refused:
        read_file(tmp_path / "x.pt")
    assert "torch.save(torch.load(file, weights_only=False)" in str(refused.value)
    assert legacy or "the Python object posix.mkdir" in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(WeightsError, match=r"y.pt is a pickle"):
        read_file(tmp_path / "y.pt")
    np.savez(tmp_path / "z.npz", a=np.array([Bomb()], dtype=object))
    with pytest.raises(WeightsError, match="holds Python objects, which grokterm never unpickles"):
        read_file(tmp_path / "z.npz")
    assert not Path("exploded").exists()


def header(tensors: object, more: bytes = b"") -> bytes:
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text + more


def npy(shape: str, content: bytes = b"") -> bytes:
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/") + (".npy" if "__" not in name else ""), content)
    return file.getvalue()


HUGE = {"a": {"dtype": "F32", "shape": [2**29], "data_offsets": [0, 2**31]}}
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is not a safetensors, an npz or a torch file"),
    "text": (b"epoch,loss\n1,2\n3,4\n", "is not a safetensors, an npz or a torch file"),
    "a header of exabytes": (struct.pack("<Q", 2**62) + b"{", "header has 4,611,686,018,427,387,904 bytes"),
    "a header that is none": (struct.pack("<Q", 2) + b"{]", "cannot be read"),
    "a header that is a list of tensors": (struct.pack("<Q", 3) + b"{1}", "cannot be read"),
    "2 GB that are not there": (header(HUGE), "cannot be read"),
    "offsets behind the end": (header(dict(HUGE, a=HUGE["a"] | {"shape": [2]}), b"1234"), "cannot be"),
    "an archive of text": (zipped(a__b=b"x"), "is a zip archive, and not"),
    "an npz of 4 GB that are not there": (zipped(a=npy("(1073741824,)")), "does not hold the .* that its header says"),
    "an npz that is cut": (zipped(a=npy("(3,)", b"12345678")), "does not hold"),
    "an archive that is cut": (zipped(a=npy("(1,)", b"1234"))[:-9], "cannot be read"),
    "a torch file of nothing": (zipped(x__data__pkl=b"").replace(b"data/pkl", b"data.pkl"), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_damaged_and_hostile_files_are_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    content, words = BAD[name]
    path = tmp_path / "file"
    path.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightsError, match=words) as refused:
        read_file(path)
    assert "\n" not in str(refused.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**18  # 256 MiB


def test_torch_files_that_ask_for_terabytes_are_refused(saved: Save, tmp_path: Path) -> None:
    """A storage that says to be larger than it is, and a pickle that makes a large object."""
    with zipfile.ZipFile(saved({"a": torch.zeros(3)}, "x.pt")) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (name,) = (name for name in members if name.endswith("/data.pkl"))
    huge = b"\x8a\x06" + (2**40).to_bytes(6, "little")
    at = members[name].index(b"K\x03", members[name].index(b"cpu"))
    storage = members[name][:at] + huge + members[name][at + 2 :]
    made = b"\x80\x02cbuiltins\nbytearray\n" + huge + b"\x85R."
    for content, words in ((storage, "record size .* does not match"), (made, "asks for more memory|object builtins")):
        with zipfile.ZipFile(tmp_path / "y.pt", "w") as archive:
            for member, held in (members | {name: content}).items():
                archive.writestr(member, held)
        with pytest.raises(WeightsError, match=words):
            read_file(tmp_path / "y.pt")


def test_what_unpacks_to_gigabytes_is_refused_before(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a.npy", b"")
    content = bytearray((tmp_path / "a.npz").read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 2**31)  # the size that the directory says
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(WeightsError, match="unpacks to more than 1,073,741,824 bytes"):
        read_file(tmp_path / "a.npz")


def test_a_file_of_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.safetensors").open("wb") as file:
        file.write(header({"a": {"dtype": "F32", "shape": [2**29], "data_offsets": [0, 2**31]}}))
        file.truncate(2**31 + 200)  # sparse
    with pytest.raises(WeightsError, match="has 2,147,483,848 bytes: 1,073,741,824 are the most"):
        read_file(tmp_path / "a.safetensors")
    assert LARGEST == 2**30


@pytest.mark.parametrize("cut", [0.05, 0.5, 0.99])
def test_truncated_files_of_every_kind(cut: float, saved: Save, tmp_path: Path) -> None:
    safetensors.torch.save_file(W, tmp_path / "a.safetensors")
    np.savez(tmp_path / "a.npz", **{name: each.numpy() for name, each in W.items()})  # type: ignore[arg-type]
    saved(W, "a.pt")
    for name in ("a.safetensors", "a.npz", "a.pt"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / "cut").write_bytes(content[: int(cut * len(content))])
        with pytest.raises(WeightsError) as refused:
            read_file(tmp_path / "cut")
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["missing", "folder", "link", "pipe"])
def test_only_files_are_read(kind: str, saved: Save, tmp_path: Path) -> None:
    path, real = tmp_path / "it", saved(W, "real.pt")
    match kind:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(real)
        case "pipe":
            os.mkfifo(path)
    words = {"missing": "no such file", "folder": "it is a folder", "link": "it is a link", "pipe": "it is a pipe"}
    with pytest.raises(WeightsError, match=f"it cannot be read: {words[kind]}"):
        read_file(path)
