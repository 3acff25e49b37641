"""The line of the machine (M): its GPU, the trainer's processor and memory, its rate, and what the terminal is sent."""

from __future__ import annotations

from textual.content import Content

from grokterm.machine import GpuSample, MachineSample
from grokterm.number_format import percent, size
from grokterm.tui.text import formats
from grokterm.tui.text.fitting import Part, fit
from grokterm.tui.theme import Palette


def machine_line(
    sample: MachineSample | None, rate: float, best: float, sent: float | None, palette: Palette, width: int
) -> Content:
    """What was seen last; rates are steps a second, `sent` bytes a second; what is not known reads n/a."""
    muted, text = palette.markup("muted"), palette.markup("text")
    if sample is None:
        return Content.assemble(" ", Content.styled("machine: looking", muted)).truncate(width)
    parts = [
        *_gpu(sample, text, muted),
        Part.of((f"trainer {_cores(sample.cpu)}, {_size(sample.memory)}", 8), (_cores(sample.cpu), 4), style=text),
        Part.of((_rate(rate, best), 7), (formats.rate(rate), 3), style=text),
        Part.of((f"{_size(sent)}/s to the terminal", 5), (f"{_size(sent)}/s", 2), style=muted),
    ]
    return Content.assemble(" ", fit(parts, width - 2, Content.styled(" · ", palette.markup("border"))))


def _gpu(sample: MachineSample, text: str, muted: str) -> list[Part]:
    if sample.gpu is None:
        return [Part.of((sample.gpu_words, 6), ("GPU n/a", 1), style=muted)] if sample.gpu_words else []
    long, short = _gpu_words(sample.gpu)
    return [Part.of((long, 9), (short, 6), style=text)]


def _gpu_words(gpu: GpuSample) -> tuple[str, str]:
    """Use, memory, power and temperature, and without the last two."""
    use = "n/a" if gpu.use is None else f"{100 * gpu.use:.0f} %"
    memory = "n/a" if gpu.memory is None else size(gpu.memory)
    total = "" if gpu.memory_total is None else f" of {size(gpu.memory_total)}"
    power = "n/a" if gpu.power is None else f"{gpu.power:.0f} W"
    temperature = "n/a" if gpu.temperature is None else f"{gpu.temperature:.0f} °C"
    return f"GPU {use}, {memory}{total}, {power}, {temperature}", f"GPU {use}, {memory}"


def _cores(cpu: float | None) -> str:
    return "n/a" if cpu is None else f"{cpu:.1f} cores"


def _size(count: float | None) -> str:
    return "n/a" if count is None else size(count)


def _rate(rate: float, best: float) -> str:
    """The rate and how it is to the best of this run: 812/s, 80 % of its best."""
    if rate <= 0:
        return f"best {formats.rate(best)}" if best > 0 else ""
    return f"{formats.rate(rate)}, {percent(min(rate / best, 1.0))} of its best" if best > 0 else formats.rate(rate)
