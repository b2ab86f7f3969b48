"""The one generic tool reaches a loop of another package, with nothing edited for it."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from mcp_types import TextResourceContents

from agent.bootstrap import House, open_house
from tests.house import bring, leads, raw, template, workspace
from tests.mcp_server.served import ERAS, Era, served
from tests.partner.installed import install


@pytest.fixture
def house_with_partner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    template()  # made before the partner is there, so that no later test finds it in the copy
    monkeypatch.setattr(sys, "path", [*install(tmp_path / "site"), *sys.path])
    importlib.invalidate_caches()
    home = open_house(workspace(tmp_path))
    bring(home, raw("a", source="partner"))
    yield home
    home.store.close()
    for name in [name for name in sys.modules if name.partition(".")[0] == "revloops_partner"]:
        del sys.modules[name]


@pytest.mark.feature("BR2")
@pytest.mark.parametrize("era", ERAS)
async def test_every_verb_reaches_a_partner_s_loop(house_with_partner: House, era: Era) -> None:
    home = house_with_partner
    (lead,) = leads(home)
    async with served(home, era=era) as it:
        assert "partner" in (await it.call("whoami"))["items"][0]["loops"]
        card = (await it.call("loops_run", loop="partner", verb="describe"))["items"][0]
        assert card["owner"] == "partnerships" and card["starts_on"] == ["LeadAssigned"]
        assert (await it.call("loops_run", loop="partner", verb="metrics"))["items"]
        tried = await it.call("loops_run", loop="partner", verb="decide", input={"record": lead})
        assert tried["dry_run"] is True and tried["items"][0]["would_emit"] == ["PartnerCredited"]
        done = await it.call("loops_run", loop="partner", verb="start", input={"record": lead})
        assert done["items"][0]["loop"] == "partner" and done["items"][0]["state"] == "done"
        (content,) = (await it.client.read_resource("loop://partner")).contents
    assert json.loads(cast(TextResourceContents, content).text)["loop"] == "partner"


async def test_without_the_package_the_loop_isn_t_there(home: House) -> None:
    async with served(home) as it:
        assert "there is no loop partner" in await it.refused("loops_run", loop="partner", verb="describe")
