"""A real HTTP server on this machine that speaks chat completions: by the embedded policies, or badly.

Well behaved it enforces a strict schema, calls tools, replies through a function, or in plain JSON, whatever
it is asked. A `fault` says which request goes wrong, and how.
"""

import json
import re
import select
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, cast

from agent.embedded import POLICIES
from agent.spec import Policy, Reply, ToolResult

Fault = Literal[
    "broken_json", "unknown_tool", "wrong_types", "empty", "huge", "refusal", "rate_limited", "error_500",
    "cut", "hang", "endless_tools", "no_schema", "no_tools", "json_only", "prose", "no_usage", "not_json",
    "surrogate", "infinite", "many_calls", "odd_usage",
]  # fmt: skip
"""What can go wrong. `no_schema`, `no_tools` and `json_only` are about what the request asks for: an endpoint
that lacks it answers others well."""
Wrong = Fault | int | None
"""A fault, an HTTP status to refuse with, or nothing."""
HUGE = 200_000
MANY = 2_000
ODD_USAGE = {"prompt_tokens": -100_000, "completion_tokens": 1e30, "total_tokens": None}
SPOILT = {
    "surrogate": (r'"why":\s*"', r'"why": "\\ud800', r'"\ud800"'),
    "infinite": (r'"confidence":\s*[^,}]+', '"confidence": 1e999', "1e999"),
}
"""What is written in a reply's place, by which words; and what becomes an argument of a call."""
REFUSAL = "Refused because of what you wrote"
TICK_SECONDS = 0.05
Body = dict[str, Any]


@dataclass
class Seen:
    """A request as it came in."""

    path: str
    role: str
    # of the specialist that it is from
    body: Body
    key: str
    # of the Authorization header
    fault: Wrong = None


@dataclass
class Answered:
    """What goes back."""

    text: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    # name and arguments as text
    refusal: str | None = None


class _Refused(Exception):
    def __init__(self, status: int, message: str, param: str = "", wait: str = "") -> None:
        super().__init__(message)
        self.status, self.param, self.wait = status, param, wait


class ModelServer:
    """The server; use it as a context manager."""

    def __init__(
        self,
        fault: Callable[[int, Body], Wrong] = lambda n, body: None,
        *,
        delay_seconds: float = 0.0,
        retry_after: str = "1",
        policies: dict[str, Policy] | None = None,
        refuses: tuple[str, ...] = (),
    ) -> None:
        """Prepare the server.

        Args:
            fault: from the request's number (from 0) and body, what goes wrong with it.
            delay_seconds: how long an answer takes.
            retry_after: header of a `rate_limited` answer.
            policies: role → policy, in place of the embedded ones.
            refuses: parameters that it answers with 400.
        """
        self.fault, self.delay_seconds, self.retry_after = fault, delay_seconds, retry_after
        self.policies = POLICIES if policies is None else policies
        self.refuses = refuses
        self.requests: list[Seen] = []
        self.at_once = self.most_at_once = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.model = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(TICK_SECONDS,), daemon=True)

    @property
    def base_url(self) -> str:
        """Its address, as OPENAI_BASE_URL has it."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def calls(self) -> int:
        """How many chat completions it was asked for."""
        return len(self.requests)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop answering, and let go of the port."""
        if not self.stopping.is_set():
            self.stopping.set()
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()

    def received(self, path: str, body: Body, key: str) -> Seen:
        """The request, written down, with what goes wrong with it."""
        with self._lock:
            seen = Seen(path, str(body.get("user", "")).removeprefix("revloops-"), body, key)
            seen.fault = self.fault(len(self.requests), body)
            self.requests.append(seen)
            return seen

    def busy(self, change: int) -> None:
        """Count the requests under way."""
        with self._lock:
            self.at_once += change
            self.most_at_once = max(self.most_at_once, self.at_once)

    # --- what it says -----------------------------------------------------------------------------
    def answer(self, seen: Seen) -> Answered:
        """What goes back to a request that gets an answer at all."""
        body, fault = seen.body, seen.fault
        self._check(body, fault)
        tools = [tool["function"]["name"] for tool in body.get("tools") or ()]
        if fault in {"empty", "huge", "prose"}:
            said = {"empty": "", "huge": "x" * HUGE, "prose": "Sure! I had a look, and it seems fine to me."}
            return Answered(said[fault])
        if fault == "refusal":
            return Answered(refusal="I can't help with that.")
        if fault == "many_calls":
            return _calling([("launch", {})] * MANY, body)
        if fault in {"unknown_tool", "endless_tools"}:
            granted = [name for name in tools if name != "reply"]
            name = granted[0] if fault == "endless_tools" and granted else "launch_everything"
            return _calling([(name, {"company": "C-0"})], body)
        if fault == "wrong_types":
            return _replying({"value": "yes", "confidence": "very", "why": 3}, body)
        said = self._by_policy(seen)
        if fault == "broken_json":
            said.text = said.text[: len(said.text) // 2]
            said.calls = [(name, args[: len(args) // 2] + "{") for name, args in said.calls]
        if fault in SPOILT:
            said.text = _spoilt(said.text, fault)
            said.calls = [(name, _spoilt(args, fault)) for name, args in said.calls]
        return said

    def _check(self, body: Body, fault: Wrong) -> None:
        if isinstance(fault, int):
            raise _Refused(fault, f"{REFUSAL}: {body['messages'][-1]['content']}")
        for name in self.refuses:
            if name in body:
                raise _Refused(400, f"Unsupported parameter: '{name}' isn't supported with this model.", name)
        if fault == "rate_limited":
            raise _Refused(429, "Slow down.", wait=self.retry_after)
        if fault == "error_500":
            raise _Refused(500, "The server had an error.")
        if fault in {"no_schema", "json_only"} and "response_format" in body:
            raise _Refused(400, "'response_format' of type 'json_schema' is not supported with this model")
        if fault in {"no_tools", "json_only"} and body.get("tools"):
            raise _Refused(500, "unexpected keyword: tools")

    def _by_policy(self, seen: Seen) -> Answered:
        policy = self.policies.get(seen.role)
        task = _task(seen.body)
        if policy is None or task is None:
            raise _Refused(400, f"no policy for {seen.role!r}" if task else "no task in the messages")
        turn = policy(*task)
        if isinstance(turn, Reply):
            return _replying({"value": turn.value, "confidence": turn.confidence, "why": turn.why}, seen.body)
        return _calling([(call.name, call.args) for call in turn], seen.body)


def _spoilt(text: str, fault: str) -> str:
    """A reply, or a call's arguments, with what no text can hold, or no number is, written in."""
    place, instead, argument = SPOILT[fault]
    text, count = re.subn(place, instead, text)
    return text if count or "{" not in text else json.dumps({"words": 0}).replace("0", argument)


def _calling(calls: list[tuple[str, dict[str, Any]]], body: Body) -> Answered:
    if body.get("tools"):
        return Answered(calls=[(name, json.dumps(args)) for name, args in calls])
    return Answered(json.dumps({"calls": [{"name": name, "args": args} for name, args in calls]}))


def _replying(reply: dict[str, Any], body: Body) -> Answered:
    form = body.get("response_format")
    if form and isinstance(reply["value"], dict):
        schema = form["json_schema"]["schema"]
        return Answered(json.dumps(_shaped(schema, reply, schema.get("$defs", {}))))
    if any(tool["function"]["name"] == "reply" for tool in body.get("tools") or ()):
        return Answered(calls=[("reply", json.dumps(reply))])
    return Answered(f"Here it is:\n```json\n{json.dumps(reply)}\n```" if not form else json.dumps(reply))


def _shaped(schema: Body, data: Any, parts: Body) -> Any:
    """The data as a strict schema enforces it: nothing left out, mappings as lists of pairs."""
    if "$ref" in schema:
        return _shaped(parts[schema["$ref"].removeprefix("#/$defs/")], data, parts)
    if "anyOf" in schema:
        others = [branch for branch in schema["anyOf"] if branch.get("type") != "null"]
        return None if data is None else _shaped(others[0], data, parts)
    if schema.get("type") == "object":
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == set(schema["properties"])
        return {name: _shaped(part, data.get(name), parts) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        if isinstance(data, dict):
            pairs = cast("dict[str, Any]", data).items()
            return [{"name": name, "value": value} for name, value in pairs]
        return [_shaped(schema["items"], item, parts) for item in cast("list[Any]", data or [])]
    return data


def _task(body: Body) -> tuple[dict[str, Any], tuple[ToolResult, ...]] | None:
    """The payload and the tools' results, from tool messages or from plain text."""
    payload: dict[str, Any] | None = None
    asked: dict[str, tuple[str, dict[str, Any]]] = {}
    plain: list[tuple[str, dict[str, Any]]] = []
    results: list[ToolResult] = []
    for message in body["messages"]:
        text = str(message.get("content") or "")
        for call in message.get("tool_calls") or ():
            asked[call["id"]] = (call["function"]["name"], json.loads(call["function"]["arguments"]))
        if message["role"] == "tool":
            results.append(ToolResult(*asked[message["tool_call_id"]], _json(text)))
        data = _json(text) if message["role"] != "system" else None
        if message["role"] == "assistant" and isinstance(data, dict) and "calls" in data:
            wanted = cast("list[dict[str, Any]]", data["calls"])
            plain = [(call["name"], call["args"]) for call in wanted]
        elif message["role"] == "user" and isinstance(data, dict):
            said = cast("dict[str, Any]", data)
            if payload is not None and "results" in said:
                results += [ToolResult(*plain[n], given["result"]) for n, given in enumerate(said["results"])]
            payload = payload or said
    return (payload, tuple(results)) if payload is not None else None


def _json(text: str) -> Any:
    with suppress(ValueError):
        return json.JSONDecoder().raw_decode(text)[0]
    return text


# --- HTTP -----------------------------------------------------------------------------------------
class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    model: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves early is nothing to speak of."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "policy", "object": "model"}]})

    def do_POST(self) -> None:
        model = self.server.model
        body: Body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen = model.received(self.path, body, self.headers.get("Authorization", ""))
        model.busy(1)
        try:
            self._work(model, seen)
        finally:
            model.busy(-1)

    def _work(self, model: ModelServer, seen: Seen) -> None:
        if model.delay_seconds:
            model.stopping.wait(model.delay_seconds)
        if seen.fault == "hang":
            return self._hang(model)
        try:
            said = model.answer(seen)
        except _Refused as error:
            wait = {"Retry-After": error.wait} if error.wait else {}
            told = {"message": str(error), "param": error.param or None, "type": "error", "code": None}
            return self._send(error.status, {"error": told}, wait)
        if seen.fault == "not_json":
            return self._send(200, b"<html>Bad gateway</html>")
        self._send(200, _completion(said, seen), cut=seen.fault == "cut")

    def _hang(self, model: ModelServer) -> None:
        """Say nothing until the client leaves."""
        self.close_connection = True
        while not model.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], TICK_SECONDS)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _send(
        self, status: int, body: Body | bytes, more: dict[str, str] | None = None, *, cut: bool = False
    ) -> None:
        # not canonical: that would refuse what some faults are about
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = self.close_connection or cut


def _completion(said: Answered, seen: Seen) -> Body:
    calls = [
        {"id": f"srv_{n}", "type": "function", "function": {"name": name, "arguments": args}}
        for n, (name, args) in enumerate(said.calls)
    ]
    message = {"role": "assistant", "content": said.text if not calls else None, "refusal": said.refusal}
    read, written = len(json.dumps(seen.body["messages"])) // 4, 9 + len(said.text) // 4
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    if seen.fault == "odd_usage":
        usage = ODD_USAGE
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": seen.body["model"],
        "choices": [
            {
                "index": 0,
                "message": message | ({"tool_calls": calls} if calls else {}),
                "finish_reason": "tool_calls" if calls else "stop",
            }
        ],
    } | ({} if seen.fault == "no_usage" else {"usage": usage})


def main() -> None:
    """Serve in a process of its own, for measuring: prints the address, ends with its input."""
    delay = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    with ModelServer(delay_seconds=delay) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
