"""Goals: what was proposed, signed and decided, in a ledger that cannot be changed unseen."""

from kpi_toolkit.goals.agreed import Agreed, BadWeights, agreed
from kpi_toolkit.goals.chain import NO_EVENT, BrokenLedger, Event, Verification
from kpi_toolkit.goals.ledger import LEDGER_FILE, Entry, Ledger
from kpi_toolkit.goals.signing import Signature, close, decide, propose, record, sign

__all__ = [
    "LEDGER_FILE",
    "NO_EVENT",
    "Agreed",
    "BadWeights",
    "BrokenLedger",
    "Entry",
    "Event",
    "Ledger",
    "Signature",
    "Verification",
    "agreed",
    "close",
    "decide",
    "propose",
    "record",
    "sign",
]
