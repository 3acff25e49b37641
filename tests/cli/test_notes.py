"""`grokterm tag`, `grokterm note`, and the runs that are chosen by them, by settings and by what became of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.runs.folder import RunFolder, runs_home
from grokterm.runs.notes import Notes, read_notes
from grokterm.wire.records import Event
from tests.runs.logged import logged, numbers

Output = pytest.CaptureFixture[str]


@pytest.fixture
def three(folders: Path) -> list[RunFolder]:
    """Three runs of 100, 300 and 200 steps, the second of which grokked."""
    home = runs_home()
    return [
        logged(home, 100, weight_decay=0.1),
        logged(home, 290, [numbers(300, 0.995), Event(300, "grokked", "grokked")], weight_decay=3.0),
        logged(home, 200, weight_decay=1.0, arch="transformer"),
    ]


def listed(out: Output, *words: str) -> list[str]:
    """The numbers of the runs that are listed, in order."""
    assert main(["runs", "--json", *words]) == 0
    return [run["id"][3] for run in json.loads(out.readouterr().out)]


def refused(out: Output, *words: str) -> str:
    assert main(list(words)) == 2
    found = out.readouterr()
    assert found.out == ""
    assert found.err.count("\n") == 1
    return found.err


def test_tags_are_added_shown_and_taken_away(three: list[RunFolder], capsys: Output) -> None:
    assert main(["tag", "2", "good", "odd"]) == 0
    assert main(["tag", "2", "good", "late"]) == 0
    assert main(["tag", "2"]) == 0
    assert main(["tag", "2", "odd", "late", "--remove"]) == 0
    assert main(["tag", "1"]) == 0
    first, second = three[0].id, three[1].id
    assert capsys.readouterr().out.splitlines() == [
        f"{second}: good odd",
        f"{second}: good odd late",
        f"{second}: good odd late",
        f"{second}: good",
        f"{first}: no tags",
    ]
    assert read_notes(three[1]) == Notes(("good",))


def test_a_note_is_written_shown_and_removed(three: list[RunFolder], capsys: Output) -> None:
    assert main(["note", "1", "the", "seed of", "the lottery"]) == 0
    assert main(["note", "1"]) == 0
    assert main(["runs"]) == 0
    assert main(["note", "1", ""]) == 0
    assert main(["note", "1"]) == 0
    name = three[0].id
    written, again, *table, removed, nothing = capsys.readouterr().out.splitlines()
    assert written == again == f"{name}: the seed of the lottery"
    assert removed == nothing == f"{name}: no note"
    assert "the seed of the lottery" in table[1]
    assert not three[0].notes_path.exists()


def test_tags_and_notes_are_in_table_and_json(three: list[RunFolder], capsys: Output) -> None:
    main(["tag", "2", "good", "odd"])
    main(["note", "3", "x" * 100])
    capsys.readouterr()
    assert main(["runs"]) == 0
    head, first, second, third = capsys.readouterr().out.splitlines()
    assert head.split()[-2:] == ["tags", "note"]
    assert second.rstrip().endswith("good odd")
    assert third.rstrip().endswith(" " + "x" * 39 + "…")
    assert "good" not in first
    assert main(["runs", "--json"]) == 0
    assert [(run["tags"], run["note"]) for run in json.loads(capsys.readouterr().out)] == [
        ([], ""),
        (["good", "odd"], ""),
        ([], "x" * 100),
    ]


def test_without_notes_the_table_is_as_it_was(three: list[RunFolder], capsys: Output) -> None:
    assert main(["runs"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split()[-1] == "size"


def test_text_in_a_file_of_somebody_else_is_no_escape_code(three: list[RunFolder], capsys: Output) -> None:
    three[0].notes_path.write_text(
        json.dumps({"tags": ["\x1b[31mred", "[bold]b[/bold]"], "note": "\x1b]0;t\x07 [red]n"})
    )
    for words in (["runs"], ["tag", "1"], ["note", "1"], ["runs", "--json"]):
        assert main(words) == 0
        found = capsys.readouterr().out
        assert "\x1b" not in found
        assert "\x07" not in found
        assert "[bold]" in found or "[red]" in found


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("wd>0.5", "23"),
        ("weight_decay<=1 and arch==transformer", "3"),
        ("phase==grokked or step<150", "12"),
        ("test_accuracy>0.9", "2"),
        ("not phase==grokked", "13"),
        ("grokked_step_99<1e6", "2"),
        ("run=='1' or state!=stopped", ""),
        ("size>0", "123"),
        ("note==''", "123"),
    ],
)
def test_runs_are_chosen_by_a_condition(three: list[RunFolder], capsys: Output, where: str, numbers: str) -> None:
    assert "".join(listed(capsys, "--where", where)) == numbers


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("step", "132"),
        ("-step", "231"),
        ("wd", "132"),
        ("-wd", "231"),
        ("arch", "123"),
        ("-run", "321"),
        ("grokked_step_99", "213"),
        ("-grokked_step_99", "213"),
        ("-test", "213"),
    ],
)
def test_runs_are_sorted_by_a_column(three: list[RunFolder], capsys: Output, sort: str, numbers: str) -> None:
    assert "".join(listed(capsys, "--sort", sort)) == numbers


def test_runs_are_chosen_by_tags_and_all_that_at_once(three: list[RunFolder], capsys: Output) -> None:
    for number, tags in (("1", ["good"]), ("2", ["good", "odd"]), ("3", ["good"])):
        main(["tag", number, *tags])
    capsys.readouterr()
    assert listed(capsys, "--tag", "good") == ["1", "2", "3"]
    assert listed(capsys, "--tag", "good", "--tag", "odd") == ["2"]
    assert listed(capsys, "--tag", "good", "--where", "step<250", "--sort=-wd") == ["3", "1"]
    assert listed(capsys, "--tag", "none") == []
    assert main(["runs", "--tag", "none"]) == 0
    assert capsys.readouterr().out == f"No run of 3 in {runs_home()} fits.\n"


def test_a_damaged_run_fits_no_condition_on_its_settings(three: list[RunFolder], capsys: Output) -> None:
    three[0].config_path.write_text("p = [")
    assert listed(capsys, "--where", "wd>0") == ["2", "3"]
    assert listed(capsys, "--where", "state==damaged") == ["1"]
    assert listed(capsys, "--sort", "wd") == ["3", "2", "1"]


def test_what_cannot_be_is_refused_in_one_sentence(three: list[RunFolder], capsys: Output) -> None:
    assert "the condition 'wd>' cannot be read at character 4" in refused(capsys, "runs", "--where", "wd>")
    assert "unknown name 'wdd'" in refused(capsys, "runs", "--where", "wdd>1")
    assert "unknown column 'stepp': choose run, step" in refused(capsys, "runs", "--sort", "stepp")
    assert "tag needs a run" in refused(capsys, "tag")
    assert "note needs a run" in refused(capsys, "note")
    assert "tag --remove needs the tags that are to go" in refused(capsys, "tag", "1", "--remove")
    assert "the run has no tag 'odd': it has none" in refused(capsys, "tag", "1", "odd", "--remove")
    assert "a tag is a word of 1 to 40 characters" in refused(capsys, "tag", "1", "two words")
    assert "1,000 characters at most, not 1,001" in refused(capsys, "note", "1", "x" * 1001)
    assert "there is no run '9'" in refused(capsys, "tag", "9", "odd")
    assert "there is no run '9'" in refused(capsys, "note", "9", "odd")


def test_a_run_is_removed_with_its_notes(three: list[RunFolder], capsys: Output) -> None:
    main(["tag", "1", "odd"])
    assert main(["rm", "1", "--yes"]) == 0
    assert not three[0].path.exists()
