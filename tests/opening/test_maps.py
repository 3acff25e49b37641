"""Maps that say which tensor is which."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from grokterm.opening.__main__ import main
from grokterm.runs.folder import list_runs
from tests.opening.conftest import newest_logits
from tests.opening.plain import drawn


def test_a_map_says_what_is_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    w = drawn({"first": (20, 22), "second": (20, 20), "third": (20, 13), "log": (3,)})
    torch.save(w, "w.pt")
    assert main(["w.pt", "--home", "h"]) == 2
    assert "a --map file says what is what" in capsys.readouterr().err
    Path("map.toml").write_text(
        '[settings]\nactivation = "quadratic"\n[tensors]\nW_2 = { from = "second", transpose = true }\n'
        'W_a = { from = "first", transpose = true, rows = [0, 11] }\nW_out = { from = "third", columns = [0, 11] }\n'
        'W_b = { from = "first", transpose = true, rows = [11, 22] }\n'
    )
    assert main(["w.pt", "--home", "h", "--map", "map.toml"]) == 0
    roles = {role["name"]: role["role"] for role in json.loads(capsys.readouterr().out.splitlines()[0])["roles"]}
    assert roles["first"] == "W_a, transposed, rows 0 to 10; W_b, transposed, rows 11 to 21"
    assert roles["log"] == "left out: not in map.toml"
    (folder,) = list_runs(Path("h"))
    found, config = newest_logits(folder)
    assert (config.arch, config.depth, config.bias, config.p) == ("one-hot", 2, "off", 11)
    a, b = torch.arange(121) // 11, torch.arange(121) % 11
    x = (w["first"][:, a] + w["first"][:, 11 + b]).T.square()
    x = (x @ w["second"].T).square() @ w["third"][:, :11]
    np.testing.assert_allclose(found, x.numpy(), rtol=1e-4, atol=1e-3)


MAPS = {
    "[tensors": "is no map of tensors",
    "": "map.toml has no tensors",
    "tensors = 3": "tensors is a int, not a table",
    "[other]\n[tensors]\nW_a = 'a'": "map.toml has the table 'other'",
    "[tensors]\nW_a = 'b'": "takes W_a from b, which is not there: fc1.weight, fc2.weight are",
    "[tensors]\nW_a = { from = 'fc1.weight', turned = true }": "is no map of tensors",
    "[tensors]\nW_a = { from = 'fc1.weight', rows = [5, 99] }": r"cut from 5 to 99, out of \[20, 22\]",
    "[tensors]\nW_a = 'fc1.weight'": r"W_out \[22, 20\] is missing|W_b \[20, 22\] is missing",
    "[tensors]\nW_out = 'fc1.weight'": "W_a is missing",
    "[settings]\nwidht = 3\n[tensors]\nW_a = 'fc1.weight'": "unknown setting 'widht'",
}


@pytest.mark.parametrize("text", MAPS)
def test_maps_that_cannot_be_used_are_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(drawn({"fc1.weight": (20, 22), "fc2.weight": (11, 20)}), "w.pt")
    Path("map.toml").write_text(text)
    assert main(["w.pt", "--home", "h", "--map", "map.toml"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert re.search(MAPS[text], said.err), said.err
    assert not Path("h").exists()
