"""The report of a run holds what the run holds: the log's numbers, the models' answers, the narrator's sentences."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from grokterm.errors import RunFolderError
from grokterm.guide import read_page, view_pages
from grokterm.notebook import Run
from grokterm.report.run_report import Report, run_report
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.history import COLUMNS, PROGRESS, STRUCTURE, read_history
from grokterm.runs.measured import measured
from grokterm.runs.notes import Notes, change_notes
from grokterm.tui.run.narrator import sentences
from grokterm.view_options import ViewOptions
from tests.report.read import Elements, array, data_of, lines_of
from tests.trainer.running import TINY

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"'&lt;--></script><!--"""


def test_every_number_of_the_log_is_in_it(report: Report, recorded: RunFolder) -> None:
    history, lines = read_history(recorded), lines_of(data_of(report.content))
    names = {
        "train_accuracy": "train accuracy",
        "test_loss": "test loss",
        "sum_squared_weights": "sum of squared weights",
    }
    names |= {"excluded_loss": "excluded loss (train pairs)", "read_out_gini": "Gini of the read-out"}
    for column in (*COLUMNS, *PROGRESS, *STRUCTURE):
        steps, values = measured(history, column)
        name = names.get(column, column.replace("_", " "))
        if column == "step" or not np.isfinite(values).any():
            continue
        found = [key for key in lines if key == name or key.partition(" (")[0] == name or _same(column, key)]
        assert found, column
        np.testing.assert_array_equal(lines[found[0]][0], steps)
        np.testing.assert_array_equal(lines[found[0]][1], values)


def _same(column: str, name: str) -> bool:
    """Whether a curve is that of a column under a name of its own."""
    return {"embedding_gini": "Gini of the embedding", "variance_share": "variance explained"}.get(column) == name


def test_the_bits_of_every_kept_step_are_what_its_model_answers(report: Report, recorded: RunFolder) -> None:
    data, run = data_of(report.content), Run(recorded)
    right, trained = (array(data, data["steps"][name]) for name in ("right", "trained"))
    assert [one["step"] for one in data["steps"]["steps"]] == [0, *run.checkpoints] == list(report.kept_steps)
    for one in data["steps"]["steps"]:
        model, pairs = run.at(one["step"]), one["p"] ** 2
        answers = right[one["bits"] : one["bits"] + pairs].reshape(one["p"], one["p"])
        np.testing.assert_array_equal(answers, model.predictions() == model.labels)
        split = trained[one["trained"] : one["trained"] + pairs].reshape(one["p"], one["p"])
        np.testing.assert_array_equal(split, model.train)
        norms = array(data, data["steps"]["norms"])[one["norms"] : one["norms"] + one["components"]]
        np.testing.assert_array_equal(norms, model.spectrum().norms.astype(np.float32))
        wrong = int((~answers & ~split).sum())
        assert f"{wrong:,} of {int((~split).sum())} test pairs wrong" in one["words"]


def test_the_story_is_the_narrators(report: Report, recorded: RunFolder) -> None:
    words, history = Elements(report.content.decode()).words, read_history(recorded)
    told = sentences(history)
    assert told
    for sentence in told:
        assert sentence.words in words
    for change in history.changes:
        assert f"changed: {change.words}" in words


def test_every_view_has_its_figure_or_says_why_not(report: Report, default_report: Report) -> None:
    for one in (report, default_report):
        page = one.content.decode()
        for name in (name for kept in view_pages().values() for name in kept):
            article = re.search(rf'<article class="view"><h3 id="{name}">(.*?)</article>', page, re.DOTALL)
            assert article is not None, name
            assert read_page(name).title in article[1]
            assert "<details><summary>How to read it</summary>" in article[1]
            drawn = any(mark in article[1] for mark in ("data-chart", "data-heat", "<svg", "<table>"))
            told = 'class="undefined"' in article[1]
            assert (told and not drawn) if name in one.undefined else (drawn or (told and name == "forecast")), name
    assert set(default_report.undefined) == {"attention", "attention_map"}
    assert report.undefined == {}  # a transformer of pairs


def test_the_default_model_takes_few_bytes(default_report: Report) -> None:
    assert len(default_report.kept_steps) == 5
    assert len(default_report.content) < 1_000_000


def test_nothing_is_loaded_from_elsewhere(report: Report) -> None:
    page = report.content.decode()
    elements = Elements(page)
    assert {tag for tag, _ in elements.found} & {"link", "img", "iframe", "object", "embed", "base", "form"} == set()
    for _, attributes in elements.found:
        assert {"src", "srcset", "style", "action", "data"} & attributes.keys() == set()
        assert not any(name.startswith("on") for name in attributes)
    outside = {str(each["href"]) for each in elements.named("a") if not str(each["href"]).startswith("#")}
    assert all(link.startswith("https://") for link in outside)  # followed by a person alone
    style, script = page.partition("<style>")[2].partition("</style>")[0], page.rpartition("<script>")[2]
    assert not re.search(r"@import|url\(", style)
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|import\(|https?:", script.partition("</script>")[0])


def test_its_policy_allows_its_own_script_and_style_alone(report: Report) -> None:
    page = report.content.decode()
    (policy,) = [each["content"] for each in Elements(page).named("meta") if each.get("http-equiv")]
    style, script = (
        re.search(r"<style>(.*?)</style>", page, re.DOTALL),
        re.search(r"<script>(.*?)</script>", page, re.DOTALL),
    )
    assert style is not None
    assert script is not None
    hashes = [base64.b64encode(hashlib.sha256(each[1].encode()).digest()).decode() for each in (style, script)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_text_of_files_is_no_markup_and_a_torn_checkpoint_is_gone_round(recorded: RunFolder, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / '0001-<b onclick="x">\u202eevil')
    shutil.copytree(recorded.path, folder.path)
    change_notes(folder, lambda notes: Notes(("<i>", "a&b"), "").noted(HOSTILE))
    log = folder.log_path.read_text()
    assert '"by":"[bold]somebody"' in log
    folder.log_path.write_text(log.replace('"by":"[bold]somebody"', '"by":"</td><svg onload=x>\\u001b[31m"'))
    newest = max(folder.checkpoint_folder.iterdir())
    newest.write_bytes(newest.read_bytes()[:100])
    made = run_report(folder, lambda words: None)
    assert made.kept_steps == (0, 30, 60, 90, 120)  # the last one by steps from the one before
    elements = Elements(made.content.decode())
    assert len(elements.named("script")) == 2
    assert {"img", "i onclick"} & {tag for tag, _ in elements.found} == set()
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert HOSTILE in elements.words
    assert "#<i> #a&b" in elements.words
    assert '0001-<b onclick="x">�evil' in elements.words
    assert "</td><svg onload=x>�[31m" in elements.words


def test_a_run_of_no_steps_on_a_device_that_is_not_here_has_a_report_of_its_first_model(home: Path) -> None:
    made = run_report(create_run(TINY.changed({"device": "cuda:63"}), ViewOptions(), home), lambda words: None)
    assert made.kept_steps == (0,)
    assert "Nothing has happened yet" in made.content.decode()


@pytest.mark.parametrize("damage", ["{torn\n", '{"kind":"change","step":5,"values":{"lr":-1},"old":{},'
                                    '"rebuilt":false,"keep":false,"words":"lr"}\n'])  # fmt: skip
def test_a_damaged_log_is_told(damage: str, home: Path) -> None:
    folder = create_run(TINY, ViewOptions(), home)
    folder.log_path.write_text(damage)
    with pytest.raises(RunFolderError, match=folder.id):
        run_report(folder, lambda words: None)
