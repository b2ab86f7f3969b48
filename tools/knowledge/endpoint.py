"""An embedder behind an OpenAI-compatible endpoint."""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tools.knowledge.errors import EmbedderFailed
from tools.knowledge.ports import Embedded

if TYPE_CHECKING:
    from openai import OpenAI

RETRIES = 2
"""Tries beside the first, by the client, where the endpoint is busy or a connection breaks."""


class Endpoint:
    """The model at OPENAI_BASE_URL; texts leave this machine."""

    outside = True

    def __init__(self, model: str, timeout_seconds: float) -> None:
        self._model, self._timeout = model, timeout_seconds
        self.name = f"openai-{model}"

    def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector per text, brought to unit length.

        Raises:
            EmbedderFailed: the endpoint didn't answer in time, refused, or gave no vectors.
        """
        from openai import OpenAIError

        try:
            made = self._client.embeddings.create(
                model=self._model, input=list(texts), encoding_format="float"
            )
            rows = [item.embedding for item in sorted(made.data, key=lambda item: item.index)]
            vectors = np.array(rows, dtype=np.float32)
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        except (OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise EmbedderFailed(f"{self._model} gave no vectors ({type(error).__name__})") from error
        if len(vectors) != len(texts) or not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
            raise EmbedderFailed(f"{self._model} gave {len(vectors)} usable vectors for {len(texts)} texts")
        return Embedded(vectors / lengths, made.usage.total_tokens if made.usage else None)

    @cached_property
    def _client(self) -> "OpenAI":
        from openai import OpenAI

        key = os.environ.get("OPENAI_API_KEY") or "none"  # a server of one's own asks for no key
        return OpenAI(api_key=key, timeout=self._timeout, max_retries=RETRIES)
