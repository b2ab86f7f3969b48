"""The one door to language models: any OpenAI-compatible endpoint, asked within budgets."""

from agent.models.door import Door
from agent.models.errors import BadAnswer, ModelDown, ModelError, OverBudget
from agent.models.exchange import Call, Completion, Request, Spender, ToolSchema, Turn
from agent.models.port import EMBEDDED, Models, NoModels

__all__ = [
    "EMBEDDED", "BadAnswer", "Call", "Completion", "Door", "ModelDown", "ModelError", "Models", "NoModels",
    "OverBudget", "Request", "Spender", "ToolSchema", "Turn",
]  # fmt: skip
