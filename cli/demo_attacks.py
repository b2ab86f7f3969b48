"""The demo's siege: a live workspace with an enrolled approver, attacked from another process."""

import logging
import secrets
from datetime import datetime
from pathlib import Path

from tools.approvals.document import SequenceDocument
from tools.approvals.signing import approve, create_sandbox_key, enrol, load_signer, revoke
from tools.sandbox.adversary import attacks
from tools.sandbox.siege import NOW, REP, Outcome, Siege, besiege, play
from tools.store import Tx


def besieged(folder: Path) -> list[Outcome]:
    """What every attack came to, with the guards and without the ones in its way."""
    logging.getLogger("tools.sender").setLevel(logging.ERROR)  # what it refuses is shown as a figure
    siege = Siege(folder / "siege", secrets.token_hex(32))
    siege.workspace.mkdir(parents=True)
    siege.sender_state.mkdir()
    (siege.workspace / ".revloops").mkdir()
    words = secrets.token_urlsafe(16)
    enrol(siege.workspace, REP.id, (REP.role,), words, siege.secret, NOW)
    create_sandbox_key(siege.workspace)
    signer = load_signer(siege.workspace, REP.id, words)

    def sign(tx: Tx, document: SequenceDocument, now: datetime) -> str:
        return approve(tx, document.run, document, signer, now)

    besiege(siege, sign, revoke)
    scratch = folder / "scratch"
    scratch.mkdir()
    return [play(attack, siege, scratch) for attack in attacks()]
