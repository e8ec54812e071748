"""What a conversation has cost at its model's provider, as far as that can be known. Pure."""

from collections.abc import Iterable

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.usage import RunUsage

__all__ = ["cost_usd"]


def cost_usd(history: Iterable[ModelMessage], usage: RunUsage) -> float | None:
    """What the provider says, else the sum by list prices; None when a model has no known price."""
    if usage.cost is not None:
        return float(usage.cost)
    total = 0.0
    for message in history:
        if isinstance(message, ModelResponse):
            if not message.model_name:
                return None
            try:
                total += float(message.cost().total_price)
            except (LookupError, ValueError):  # not in the lists, or its usage was not told
                return None
    return total
