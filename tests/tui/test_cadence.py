from __future__ import annotations

import pytest

from grokterm.tui.cadence import BYTES_A_SECOND, CPU_SHARE, REMOTE_FPS, Cadence


def test_frames_come_as_often_as_asked_when_they_cost_little() -> None:
    assert Cadence.here(10.0, {}).wait() == pytest.approx(0.1)


def test_fewer_over_ssh() -> None:
    assert Cadence.here(10.0, {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}).wait() == pytest.approx(1 / REMOTE_FPS)
    assert Cadence.here(2.0, {"SSH_TTY": "/dev/pts/1"}).wait() == pytest.approx(0.5)


@pytest.mark.parametrize(("seconds", "count"), [(0.05, 0), (0.0, 40_000), (0.05, 40_000)])
def test_dear_frames_keep_to_their_share(seconds: float, count: int) -> None:
    cadence = Cadence.here(60.0, {})
    for _ in range(30):
        cadence.drawn(seconds, count)
    assert seconds / cadence.wait() <= CPU_SHARE * 1.01
    assert count / cadence.wait() <= BYTES_A_SECOND * 1.01


def test_pictures_of_the_model_come_two_to_four_a_second() -> None:
    assert 2 <= 1 / Cadence.here(60.0, {}).picture_wait <= 4
    assert 2 <= 1 / Cadence.here(60.0, {"SSH_TTY": "x"}).picture_wait <= 4
