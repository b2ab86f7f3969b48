"""A model's name for Inspect: the specialists ask their models themselves, through the product's own door."""

from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    get_model,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from loops.errors import RevloopsError

NAME = "revloops"


@modelapi(name=NAME)
class ThroughTheDoor(ModelAPI):
    """What stands in a log as the model; asking it directly is refused, so that nothing is asked twice."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Nothing.

        Raises:
            RevloopsError: always.
        """
        raise RevloopsError("Specialists ask their models themselves; a solver here doesn't generate.")

    async def count_text_tokens(self, text: str) -> int:
        """A quarter of the characters: the library's own count downloads a vocabulary."""
        return -(-len(text) // 4)


def named(model: str) -> Model:
    """The model's name as Inspect takes it."""
    return get_model(f"{NAME}/{model}")
