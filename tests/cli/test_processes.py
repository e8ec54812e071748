"""Children that won't live, and signals: each ends with a word, and nothing is left."""

import os
import signal

import anyio
import anyio.lowlevel
import click
import psutil
import pytest

from viraltracker.cli.children import Child, kept_alive
from viraltracker.cli.inside import interruptible
from viraltracker.cli.stopping import until_told
from viraltracker.errors import BadInput, StudioError


def cause(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


async def kept(child: Child) -> None:
    async with kept_alive(child, pause_s=0.0) as children:
        children.go()
        await anyio.sleep_forever()


async def test_a_child_that_refuses_to_start_is_not_tried_again() -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await kept(Child("pages", ("no-such-command",)))
    assert isinstance(cause(failed.value), BadInput)
    assert "The pages refused to start" in str(cause(failed.value))


async def test_a_child_that_dies_again_and_again_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await kept(Child("job worker", ("worker", "--help")))
    assert type(cause(failed.value)) is StudioError
    assert "ended 5 times in a row" in str(cause(failed.value))
    assert capsys.readouterr().err.count("The job worker ended (exit code 0). Starting it again.") == 4


async def test_children_wait_for_the_word_and_end_with_us() -> None:
    child = Child("job worker", ("worker",))
    async with kept_alive(child):
        while child.pid is None:
            await anyio.lowlevel.checkpoint()
        process = psutil.Process(child.pid)
    assert child.pid is None
    assert not process.is_running()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_cancels_work_and_gives_its_number(how: signal.Signals) -> None:
    usual = signal.getsignal(how)
    ended = []

    async def work() -> None:
        try:
            while signal.getsignal(how) is usual:
                await anyio.lowlevel.checkpoint()
            os.kill(os.getpid(), how)
            await anyio.sleep_forever()
        finally:
            ended.append(how)

    with pytest.raises(click.exceptions.Exit) as stopped:
        await interruptible(work)
    assert (stopped.value.exit_code, ended) == (128 + how, [how])


async def test_work_that_ends_by_itself_gives_its_result() -> None:
    async def work() -> int:
        return 7

    assert await interruptible(work) == 7


async def test_a_worker_is_told_by_a_signal(capsys: pytest.CaptureFixture[str]) -> None:
    usual = signal.getsignal(signal.SIGTERM)
    async with until_told() as stop:
        while signal.getsignal(signal.SIGTERM) is usual:
            await anyio.lowlevel.checkpoint()
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()
    assert "Running jobs are finished first" in capsys.readouterr().err
