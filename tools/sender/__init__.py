"""The sender: the only thing that can make mail leave. A process of its own with the only send credential."""

from tools.sender.guards import GUARDS
from tools.sender.policy import OutreachPolicy
from tools.sender.sender import Sender, SendReport, open_sender, sends_live
from tools.sender.states import record_reply, settle_unknown, suppress, suppression_hash
from tools.store.lease import Busy

__all__ = [
    "GUARDS",
    "Busy",
    "OutreachPolicy",
    "SendReport",
    "Sender",
    "open_sender",
    "record_reply",
    "sends_live",
    "settle_unknown",
    "suppress",
    "suppression_hash",
]
