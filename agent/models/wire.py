"""One HTTP request to a chat model, through LangChain's client: no retries, hard limits, faults by kind."""

import asyncio
import email.utils
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import httpx2
import openai
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration
from langchain_openai import ChatOpenAI
from langsmith import tracing_context  # pyright: ignore[reportUnknownVariableType]
from pydantic import SecretStr

from agent.models.errors import BadAnswer
from agent.models.wiring import NO_KEY, Wiring
from agent.models.wording import Wording
from tools.model_settings import ModelSettings

BYTES_PER_CHARACTER = 6
"""The most that JSON spends on one character of the usual ones (`\\uXXXX`)."""
FRAME_BYTES = 65_536
"""What may stand around an answer."""
SAID_CHARACTERS = 2_000
"""So much of an endpoint's error is read; none of it is ever shown, since it may quote what it was sent."""
ERRORS_FROM = 300
UNREADABLE = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError)
"""What the clients stumble with over a body that isn't as they expect it."""
RETRYABLE = frozenset({408, 409, 429})
SERVER_ERRORS_FROM = 500


@dataclass
class HttpFault(Exception):
    """A request without an answer."""

    what: str
    # in a few words
    status: int | None = None
    # None: no response came
    param: str = ""
    # the parameter that the endpoint refuses, where it names one
    said: str = ""
    # its own words, for code to look for names in
    retry_after: float | None = None
    # seconds it asks to wait; None: it doesn't
    sent: bool = True
    # whether the request left

    @property
    def retryable(self) -> bool:
        """Whether the same request may get an answer later."""
        return self.status is None or self.status in RETRYABLE or self.status >= SERVER_ERRORS_FROM

    @property
    def charged(self) -> bool:
        """Whether the model may have worked on it: an endpoint that says no, or wasn't reached, didn't."""
        return self.status is None and self.sent


class Wire:
    """The HTTP client of one event loop."""

    def __init__(self, wiring: Wiring, settings: ModelSettings) -> None:
        self.loop = asyncio.get_running_loop()
        self._wiring, self._settings = wiring, settings
        self._limit = settings.max_answer_chars * BYTES_PER_CHARACTER + FRAME_BYTES
        # a connection kept to this machine saves nothing
        kept = httpx2.Limits(max_keepalive_connections=0) if wiring.local else httpx2.Limits()
        self._client = openai.DefaultAsyncHttpxClient(
            timeout=settings.timeout_seconds,
            limits=kept,
            trust_env=not wiring.local,
            follow_redirects=False,
            event_hooks={"response": [self._look]},
        )
        self._chats: dict[str, ChatOpenAI] = {}

    async def send(self, model: str, wording: Wording, seconds: float) -> AIMessage:
        """The model's message.

        Raises:
            HttpFault: no answer came.
            BadAnswer: one came that can't be read.
        """
        chat = self._chat(model)
        more: dict[str, Any] = {**wording.options, "extra_body": wording.body}
        try:
            # what people wrote goes to the endpoint and nowhere else: no tracer sees it, and by `agenerate`
            # no callback of whatever runs around it
            with tracing_context(enabled=False):
                async with asyncio.timeout(seconds):
                    result = await chat.agenerate([wording.messages], **more)
                    return cast(AIMessage, cast(ChatGeneration, result.generations[0][0]).message)
        except TimeoutError as error:
            raise HttpFault(f"no answer within {seconds:.2g} s") from error
        except openai.APIConnectionError as error:
            raise _cause(error) from error
        except (openai.APIError, RecursionError, *UNREADABLE) as error:
            raise BadAnswer(f"{model}'s answer can't be read: {type(error).__name__}") from error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    def _chat(self, model: str) -> ChatOpenAI:
        if model not in self._chats:
            self._chats[model] = ChatOpenAI(
                model=model,
                api_key=SecretStr(self._wiring.key or NO_KEY),
                base_url=self._wiring.base_url,
                timeout=self._settings.timeout_seconds,
                max_retries=0,
                use_responses_api=False,
                stream_usage=False,
                http_async_client=self._client,
            )
        return self._chats[model]

    async def _look(self, response: httpx2.Response) -> None:
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(stream, self._limit)
        if response.status_code >= ERRORS_FROM:
            raise await _refused(response)


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends in an error where it is too long."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int) -> None:
        self._stream, self._limit = stream, limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in self._stream:
            count += len(chunk)
            if count > self._limit:
                raise BadAnswer(f"the answer has more than {self._limit} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _refused(response: httpx2.Response) -> HttpFault:
    try:
        text = (await response.aread()).decode(errors="replace")
    except (httpx2.HTTPError, BadAnswer):
        text = ""
    try:
        body: Any = json.loads(text)
        error: Any = body.get("error", body)
        param = str(error.get("param") or "")
    except (ValueError, AttributeError):
        param = ""
    status = response.status_code
    wait = _retry_after(response.headers)
    return HttpFault(f"status {status}", status, param, text[:SAID_CHARACTERS], wait)


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds that the endpoint asks to wait; None: it doesn't, or in no way that can be read."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    try:
        until = email.utils.parsedate_to_datetime(headers["retry-after"])
        now = email.utils.parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def _cause(error: BaseException) -> HttpFault | BadAnswer:
    """What stopped the request, found among the causes that the clients wrapped it in."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, HttpFault | BadAnswer):
            return inner
        if isinstance(inner, httpx2.ConnectError | httpx2.ConnectTimeout):
            return HttpFault("it can't be reached", sent=False)
        if isinstance(inner, httpx2.LocalProtocolError):
            return HttpFault("the request can't be sent as it is", sent=False)
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, openai.APITimeoutError):
        return HttpFault("no answer in time")
    return HttpFault("the connection failed")
