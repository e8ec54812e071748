"""How well a real model does what producers ask: 25 requests, each judged by what the database holds after.

The model is the one that VIRALTRACKER_AGENT_MODEL, _BASE_URL and _API_KEY set. Every request gets a fresh
studio in a folder of its own; no voice is paid for. Exit code 1: something that should hold does not.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from pydantic_ai.models import Model
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Evaluator, EvaluatorContext
from pydantic_evals.reporting import EvaluationReport

from evals.before import engines, working
from evals.cases import REQUESTS
from evals.play import Aftermath, Request, play
from viraltracker.agent.models import Choice, make_model
from viraltracker.errors import StudioError
from viraltracker.settings import Settings, read_settings
from viraltracker.studio import open_studio

__all__ = ["Holds", "dataset", "evaluated", "passed"]


@dataclass(repr=False)
class Holds(Evaluator[Request, Aftermath, None]):
    """What is to be true after a request, each by its name."""

    def evaluate(self, ctx: EvaluatorContext[Request, Aftermath, None]) -> Mapping[str, bool]:
        """Look at what came of it."""
        return {**ctx.inputs.holds(ctx.output), "no turn broke off": not ctx.output.failures}


def dataset(names: Iterable[str] = ()) -> Dataset[Request, Aftermath, None]:
    """The requests with these words in their names; all of them without any."""
    words = tuple(names)
    cases = [
        Case[Request, Aftermath, None](name=name, inputs=request)
        for name, request in REQUESTS.items()
        if not words or any(word in name for word in words)
    ]
    return Dataset[Request, Aftermath, None](name="producers' requests", cases=cases, evaluators=[Holds()])


def passed(report: EvaluationReport[Request, Aftermath, None]) -> bool:
    """Whether everything holds, and no request or judgement broke."""
    return not report.failures and all(
        not case.evaluator_failures and all(judged.value for judged in case.assertions.values())
        for case in report.cases
    )


async def evaluated(
    names: Iterable[str], model: Callable[[], Model]
) -> EvaluationReport[Request, Aftermath, None]:
    """Play the requests, one after another. `model` makes a fresh one for each."""

    async def asked(request: Request) -> Aftermath:
        with _folder() as data:
            async with open_studio(Settings(data=data), engines()) as studio, working(studio):
                return await play(studio, model(), request, await request.before(studio))

    return await dataset(names).evaluate(asked, name="agent", max_concurrency=1, progress=sys.stderr.isatty())


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vt-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # as root, the embedded database runs as somebody else
        yield folder


def main() -> int:
    """Evaluate the model that is set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="*", help="only the requests with these words in their names")
    chosen = parser.parse_args()
    try:
        settings = read_settings()
        if not settings.agent_model:
            parser.error("set VIRALTRACKER_AGENT_MODEL to the model that is to be evaluated")
        choice = Choice(settings.agent_model, settings.agent_base_url, "environment")
        make_model(settings, choice)
    except StudioError as refused:
        parser.error(refused.message)
    report = anyio.run(evaluated, chosen.name, lambda: make_model(settings, choice))
    report.print()
    for case in report.cases:
        for name, judged in case.assertions.items():
            if not judged.value:
                print(f"{case.name}: not so: {name}")
    return 0 if passed(report) else 1


if __name__ == "__main__":
    sys.exit(main())
