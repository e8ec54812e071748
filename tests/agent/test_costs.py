from decimal import Decimal

import pytest
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.usage import RequestUsage, RunUsage

from viraltracker.agent.costs import cost_usd

ASKED = ModelRequest([UserPromptPart("Hello")])


def said(model: str | None, provider: str = "openai") -> ModelResponse:
    usage = RequestUsage(input_tokens=1_000_000, output_tokens=1_000_000)
    return ModelResponse([TextPart("Hm")], usage=usage, model_name=model, provider_name=provider)


def test_a_conversation_costs_what_the_lists_say() -> None:
    assert cost_usd([], RunUsage()) == 0
    once, twice = cost_usd([ASKED, said("gpt-4o")], RunUsage()), cost_usd([said("gpt-4o")] * 2, RunUsage())
    assert once is not None
    assert once > 1
    assert twice == pytest.approx(2 * once)


def test_what_the_provider_said_wins() -> None:
    usage = RunUsage()
    usage.cost = Decimal("0.25")
    assert cost_usd([said("gpt-4o")], usage) == 0.25


@pytest.mark.parametrize("model", ["a-model-of-ones-own", None])
def test_an_unknown_model_has_no_price(model: str | None) -> None:
    assert cost_usd([said("gpt-4o"), said(model)], RunUsage()) is None
