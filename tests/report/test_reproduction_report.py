"""The page of a reproduction: its claims with verdicts, its runs with their lines, and nothing in it is markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.report.reproduction_report import reproduction_report
from grokterm.reproductions.folder import KeptRun, Reproduced, Row, create_reproduction
from grokterm.runs.folder import create_run
from grokterm.runs.log import LogWriter
from grokterm.view_options import ViewOptions
from tests.measured import measured

ROW = Row(
    words="it groks <b>at once</b>", source="a paper, 5.1", published="8,350", ours=(8000.0,), unit="steps",
    shown="8,000", rule="PASS from 5,567 to 12,525", verdict="PASS", note="p 59",
)  # fmt: skip


def test_claims_runs_and_lines_are_on_the_page(tmp_path: Path) -> None:
    about = Reproduced(
        preset="nanda", quick=True, seeds=1, version="1", machine="a processor", begun=0.0, ended=75.0, rows=(ROW,),
        runs=(KeptRun("mainline", 0, "0001-add53-mlp", "grok1:abc", {"train_fraction": 0.2}),),
    )  # fmt: skip
    folder = create_reproduction(about, tmp_path)
    run = create_run(Config(p=53), ViewOptions(), folder.path)
    assert run.id == "0001-add53-mlp"
    writer = LogWriter(run.log_path)
    writer.append(measured(0), measured(10))
    writer.close()
    content, told = reproduction_report(folder)
    page = content.decode()
    assert told == about
    assert "it groks &lt;b&gt;at once&lt;/b&gt;" in page
    assert "<b>at once" not in page
    for words in ("PASS from 5,567 to 12,525", "8,350", "8,000", "a paper, 5.1", "p 59", "grok1:abc", "1:15"):
        assert words in page
    assert "seed 0, train_fraction 0.2" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_one_that_is_not_finished_says_how_it_goes_on(tmp_path: Path) -> None:
    about = Reproduced(preset="nanda", quick=True, seeds=1, version="1", machine="a processor", begun=0.0)
    with pytest.raises(RunFolderError, match="grokterm reproduce --resume r1 goes on"):
        reproduction_report(create_reproduction(about, tmp_path))
