"""How many requests one address may make where strangers come: so many a second with a reserve, so many at once."""

import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass

RATE, RESERVE = 300.0, 1200.0  # requests a second, and at once after a rest: a drag makes 70, a school has one address
AT_ONCE = 128  # unanswered requests, open streams among them
KNOWN = 4096  # addresses remembered


@dataclass
class Guest:
    """One address: what is left of its reserve, since when, and how many of its requests are unanswered."""

    left: float
    seen: float
    open: int = 0


class Flood:
    """Counts requests by address; forgets those not seen for longest. Used from the event loop's thread only."""

    def __init__(self, now=time.monotonic):
        self._guests: OrderedDict[str, Guest] = OrderedDict()
        self._now = now

    def enter(self, address: str) -> bool:
        """Whether a request of this address may go on; then `leave` must follow."""
        now = self._now()
        guest = self._guests.setdefault(address, Guest(RESERVE, now))
        self._guests.move_to_end(address)
        guest.left, guest.seen = min(RESERVE, guest.left + RATE * (now - guest.seen)), now
        if guest.left < 1 or guest.open >= AT_ONCE:
            return False
        guest.left, guest.open = guest.left - 1, guest.open + 1
        if len(self._guests) > KNOWN:
            self._forget()
        return True

    def leave(self, address: str) -> None:
        """A request that `enter` let in was answered."""
        if address in self._guests:
            self._guests[address].open -= 1

    def _forget(self) -> None:
        idle = [key for key, guest in self._guests.items() if not guest.open][: KNOWN // 4]
        for key in idle:
            del self._guests[key]


def address(peer: str, forwarded: str) -> str:
    """Whom a request comes from: the last public address that a proxy has written down (earlier ones may be invented), else the peer.

    Of an IPv6 address the network (/64), as one customer has all of it.
    """
    for text in reversed(forwarded.split(",")):
        try:
            found = ipaddress.ip_address(text.strip())
        except ValueError:
            continue
        if found.is_global:
            return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found), 64), strict=False))
    return peer
