"""The options of the commands that write files for other programs."""

from __future__ import annotations

from typing import Annotated

from grokterm.cli.parameters import text_option

RecordSeconds = Annotated[
    str | None, text_option("--seconds", "N", "How long it plays, from the first step to the last.", "20")
]
RecordSize = Annotated[str | None, text_option("--size", "COLUMNSxROWS", "The terminal that is recorded.", "120x40")]
Format = Annotated[
    str | None,
    text_option(
        "--to",
        "FORMAT",
        "csv, parquet, jsonl: all that is logged; tensorboard, wandb-offline: the same for these programs; "
        "safetensors, npz: the parameters of a checkpoint; transformer-lens, nanda: those of a transformer in that "
        "layout.",
    ),
]
Out = Annotated[
    str | None, text_option("--out", "PATH", "File or folder that is written, never in place of another.", "here")
]
OutFile = Annotated[
    str | None, text_option("--out", "FILE", "File that is written, never in place of another.", "its name, here")
]
OutFolder = Annotated[
    str | None, text_option("--out", "FOLDER", "Folder that is made, never in place of another.", "RUN-figures, here")
]
FigureFormat = Annotated[str | None, text_option("--to", "FORMAT", "pdf, svg or png.", "pdf")]
FigureViews = Annotated[
    str | None,
    text_option(
        "--views",
        "NAMES",
        "Names or numbers of views, as the guide has them, and accuracy, loss, table, bars: --views circles,2,table.",
        "all",
    ),
]
FigureSteps = Annotated[
    str | None,
    text_option(
        "--steps", "STEPS", "Steps of the models that are drawn, as 0,500,last: each has files of its own.", "last"
    ),
]
FigureTheme = Annotated[str | None, text_option("--theme", "NAME", "The theme whose colours they have.", "paper")]
KeptStep = Annotated[
    str | None, text_option("--step", "STEP", "Step of the checkpoint whose parameters are meant.", "the newest")
]
