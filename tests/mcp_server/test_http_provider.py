"""Tokens of an identity provider: real signatures, fetched keys, and every way a token can be wrong."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Generator
from hashlib import sha256
from json import dumps
from time import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from agent.bootstrap import House
from mcp_server import keys as keys_module
from mcp_server.access import NotValid
from mcp_server.gate import METADATA, PATH
from mcp_server.http import refuse
from mcp_server.keys import Keys
from mcp_server.tokens import SKEW_SECONDS, Provider, Tokens
from tests.mcp_server.over_http import AUDIENCE, Idp, idp, over_http, says, trusts
from tests.mcp_server.served import NOW
from tests.mcp_server.test_who import MINE, REP
from tools.mcp_settings import McpSettings


@pytest.fixture
def provider() -> Generator[Idp]:
    """An identity provider that listens."""
    with idp() as made:
        yield made


def test_a_provider_s_token_says_who_calls_and_how_far(home: House, provider: Idp) -> None:
    with over_http(trusts(home, provider)) as it:
        for token in (provider.token(), provider.token(key=provider.ec, kid="e1", alg="ES256")):
            answer = it.post(token)
            who = answer.json()["result"]["structuredContent"]["items"][0]
            assert (who["person"], who["scopes"]) == ("ops-lead", ["records", "reviews"])
        assert it.post(provider.token(), "config_simulate", loop="qualify").status_code == 403
        listed = httpx.get(it.url.replace(PATH, METADATA), trust_env=False).json()
        assert listed["authorization_servers"] == [provider.url]
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]


def test_a_token_never_has_more_than_its_person_s_role(home: House, provider: Idp) -> None:
    email = next(rep.email for rep in home.workspace.scenario.roster if rep.id == REP)
    with over_http(trusts(home, provider)) as it:
        scopes = "records loops:write config:propose leads:write admin"
        token = provider.token(email=email.upper(), scope=scopes)
        who = it.post(token).json()["result"]["structuredContent"]["items"][0]
        assert (who["person"], who["scopes"], who["sees"]) == (REP, ["records"], "own book")


def test_what_isn_t_for_us_isn_t_accepted(home: House, provider: Idp) -> None:
    stranger = rsa.generate_private_key(65537, 2048)
    wrong = {
        "run out": provider.token(minutes=-(SKEW_SECONDS / 60) - 1),
        "other audience": provider.token(aud="https://other.example"),
        "other issuer": provider.token(iss="https://evil.example"),
        "another's key": provider.token(key=stranger),
        "unknown key": provider.token(kid="r9"),
        "another kind of key": provider.token(kid="e1"),
        "never ends": provider.token(exp=None),
        "no audience": provider.token(aud=None),
        "nobody's": provider.token(sub=None),
        "not yet": provider.token(nbf=int(time()) + SKEW_SECONDS + 60),
        "no address": provider.token(email=None),
        "an unverified address": provider.token(email_verified=False),
        "somebody else's address": provider.token(email="someone@else.example"),
        "this machine's own": "",
    }
    with over_http(trusts(home, provider)) as it:
        wrong["this machine's own"] = it.token()
        assert {why: it.post(token).status_code for why, token in wrong.items()} == dict.fromkeys(wrong, 401)
        assert it.post(provider.token(minutes=-(SKEW_SECONDS / 60) / 2)).status_code == 200  # clocks differ


def test_a_public_key_can_t_be_used_as_a_secret_nor_a_signature_left_out(home: House, provider: Idp) -> None:
    public = provider.rsa.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with over_http(trusts(home, provider)) as it:
        said = provider.token().split(".")[1]
        forged = signed({"alg": "HS256", "kid": "r1"}, said, public)
        assert jwt.get_unverified_header(forged)["alg"] == "HS256"
        assert "HS256; RS256 and ES256 are accepted" in says(it.post(forged))
        for alg in ("none", "None", "RS512", "PS256", ""):
            head = part(dumps({"alg": alg, "kid": "r1"}).encode())
            assert it.post(f"{head}.{said}.").status_code == 401
        # the control: what such a server would take that leaves the choice to the token
        assert hmac.compare_digest(forged, signed({"alg": "HS256", "kid": "r1"}, said, public))
        assert it.post(provider.token()).status_code == 200


def signed(header: dict[str, str], body: str, secret: bytes) -> str:
    """A token signed with a secret."""
    text = f"{part(dumps(header).encode())}.{body}"
    return f"{text}.{part(hmac.new(secret, text.encode(), sha256).digest())}"


def part(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_keys_are_fetched_again_for_a_new_one_but_not_at_a_stranger_s_will(provider: Idp) -> None:
    late = [1000.0]
    keys = Keys(McpSettings(issuer=provider.url, audience=AUDIENCE), lambda: late[0])
    assert (await keys.key("r1", "RS256")).key_id == "r1" and keys.fetches == 1
    for unknown in ("a", "b", "c"):
        with pytest.raises(NotValid, match="doesn't have"):
            await keys.key(unknown, "RS256")
    assert keys.fetches == 1
    turned = rsa.generate_private_key(65537, 2048)
    provider.publish(r2=turned)
    late[0] += keys_module.PAUSE_SECONDS
    assert (await keys.key("r2", "RS256")).key_id == "r2" and keys.fetches == 2
    with pytest.raises(NotValid):
        await keys.key("r1", "RS256")  # it was withdrawn
    assert (await keys.key("", "RS256")).key_id == "r2"


async def test_a_withdrawn_key_is_gone_once_the_kept_ones_are_old(provider: Idp) -> None:
    late = [1000.0]
    settings = McpSettings(issuer=provider.url, audience=AUDIENCE, jwks=f"{provider.url}/keys")
    keys = Keys(settings, lambda: late[0])
    await keys.key("r1", "RS256")
    provider.publish(e1=provider.ec)
    await keys.key("r1", "RS256")
    late[0] += keys_module.KEPT_SECONDS
    with pytest.raises(NotValid):
        await keys.key("r1", "RS256")


async def test_a_provider_that_is_down_leaves_the_known_keys(provider: Idp) -> None:
    late = [1000.0]
    keys = Keys(McpSettings(issuer=provider.url, audience=AUDIENCE), lambda: late[0])
    await keys.key("r1", "RS256")
    provider.url = "http://127.0.0.1:9"
    late[0] += keys_module.KEPT_SECONDS
    assert (await keys.key("r1", "RS256")).key_id == "r1"


async def test_a_token_kept_from_a_call_before_runs_out_at_its_time(home: House, provider: Idp) -> None:
    settings = McpSettings(issuer=provider.url, audience=AUDIENCE)
    late = [time()]
    asked = list[str]()

    class Counted(Provider):
        async def claims(self, token: str) -> dict[str, object]:
            asked.append(token)
            return dict(await super().claims(token))

    tokens = Tokens(Counted(settings, home.workspace), home.workspace, lambda: NOW, clock=lambda: late[0])
    token = provider.token(minutes=2)
    for _ in range(3):
        assert (await tokens.caller(token)).principal.id == "ops-lead"
    assert len(asked) == 1
    late[0] += 121
    await tokens.caller(token)
    assert len(asked) == 2


def test_subjects_and_scopes_can_be_named_otherwise(home: House, provider: Idp) -> None:
    ws = home.workspace
    settings = McpSettings(
        issuer=provider.url,
        audience=AUDIENCE,
        person="sub",
        people={"00u1": REP},
        scopes={"rl.read": "records"},
    )
    it = Provider(settings, ws)
    assert it.person({"sub": "00u1"}) == REP
    with pytest.raises(NotValid, match="doesn't name"):
        it.person({"sub": "ops-lead"})
    everybody = Provider(settings.model_copy(update={"people": {}}), ws)
    assert everybody.person({"sub": "ops-lead"}) == "ops-lead"
    assert it.scopes({"scp": ["rl.read", "reviews"]}) == ["records", "reviews"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://idp.example"},
        {"audience": "a"},
        {"issuer": "http://idp.example", "audience": "a"},
        {"issuer": "https://idp.example", "audience": "a", "jwks": "http://idp.example/keys"},
        {"issuer": "https://idp.example", "audience": "a", "person": "name"},
        {"issuer": "https://idp.example", "audience": "a", "secret": "x"},
        {"calls_per_minute": 0},
    ],
)
def test_settings_that_don_t_hold_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        McpSettings.model_validate(wrong)
    assert McpSettings.model_validate({"issuer": "https://idp.example", "audience": "a"})


def test_with_a_provider_it_listens_beyond_this_machine_under_a_name(home: House, provider: Idp) -> None:
    whole = trusts(home, provider)
    refuse(whole, "0.0.0.0", ("revloops.example",), open_to_read=False)
    with over_http(whole, hosts=("revloops.example",)) as it:
        answer = it.post(provider.token(), headers={"host": "revloops.example"})
        assert answer.status_code == 200
        assert it.post(provider.token(), "leads_route", leads=[MINE], dry_run=False).status_code == 403


def test_how_many_calls_a_minute_is_a_setting(home: House, provider: Idp) -> None:
    with over_http(trusts(home, provider, calls_per_minute=2)) as it:
        token = provider.token()
        assert ["in a minute" in says(it.post(token)) for _ in range(3)] == [False, False, True]
