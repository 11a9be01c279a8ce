from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import pytest

from zegel.engines import LocalEngine
from zegel.errors import ZegelError


@dataclass(frozen=True)
class Square:
    number: int

    def __call__(self) -> int:
        return self.number**2


@dataclass(frozen=True)
class Die:
    def __call__(self) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once(workers: int) -> None:
    results: list[int] = []
    LocalEngine(workers).run([Square(n) for n in range(20)], results.append)

    assert sorted(results) == [n**2 for n in range(20)]


def test_a_killed_worker_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ZegelError, match="same command again"):
        LocalEngine(2).run([Die()], lambda _: None)
