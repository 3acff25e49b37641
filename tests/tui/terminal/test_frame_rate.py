from __future__ import annotations

import pytest

from grokterm.tui.terminal.frame_rate import FrameRate

SSH = {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}


def after(frame_rate: FrameRate, seconds: float, count: int) -> FrameRate:
    """The frame rate after many frames that cost as much."""
    for _ in range(60):
        frame_rate.drawn(seconds, count)
    return frame_rate


def test_frames_come_as_often_as_asked_when_they_cost_little() -> None:
    assert FrameRate.here(10.0, {}).wait() == pytest.approx(0.1)
    assert after(FrameRate.here(10.0, {}), 0.01, 7_000).wait() == pytest.approx(0.1)


def test_fewer_over_ssh() -> None:
    assert FrameRate.here(10.0, SSH).wait() == pytest.approx(0.2)  # five a second
    assert FrameRate.here(2.0, {"SSH_TTY": "/dev/pts/1"}).wait() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("environment", "seconds", "count", "wait"),
    [
        ({}, 0.06, 0, 0.4),  # 15 % of a core
        ({}, 0.0, 40_000, 0.5),  # 80 kB a second
        ({}, 0.06, 40_000, 0.5),
        ({}, 0.09, 40_000, 0.6),
        (SSH, 0.06, 0, 0.4),
        (SSH, 0.0, 40_000, 1.0),  # 40 kB a second
    ],
)
def test_dear_frames_keep_to_their_share(environment: dict[str, str], seconds: float, count: int, wait: float) -> None:
    assert after(FrameRate.here(60.0, environment), seconds, count).wait() == pytest.approx(wait)


def test_one_dear_frame_counts_by_half_and_is_forgotten() -> None:
    frame_rate = FrameRate.here(60.0, {})
    frame_rate.drawn(0.06, 0)
    assert frame_rate.wait() == pytest.approx(0.2)
    frame_rate.drawn(0.0, 0)
    assert frame_rate.wait() == pytest.approx(0.1)
    assert after(frame_rate, 0.0, 0).wait() == pytest.approx(1 / 60)


def test_pictures_of_the_model_come_two_to_four_a_second() -> None:
    assert FrameRate.here(60.0, {}).picture_wait == 0.3
    assert FrameRate.here(60.0, {"SSH_TTY": "x"}).picture_wait == 0.5


def test_pictures_wait_for_two_frames_when_those_are_dear() -> None:
    assert after(FrameRate.here(60.0, {}), 0.06, 0).picture_wait == pytest.approx(0.8)
    assert after(FrameRate.here(60.0, SSH), 0.0, 40_000).picture_wait == pytest.approx(2.0)
