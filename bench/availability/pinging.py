"""Whether an address answers, five times a second, until told to stop: what a guest's network was like meanwhile.

    python -m bench.availability.pinging ADDRESS FILE

A line of FILE per echo: {"at", "ms"}, with null where no answer came within a second. Root, standard library only.
"""

import json
import os
import select
import socket
import struct
import sys
import time
from pathlib import Path

EVERY, PATIENCE = 0.2, 1.0
_REQUEST, _REPLY = 8, 0


def checksum(packet: bytes) -> int:
    """The Internet checksum of RFC 1071."""
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo(mouth: socket.socket, address: str, number: int) -> float | None:
    """Milliseconds to the answer; None where there was none in time."""
    label = struct.pack("!HH", os.getpid() & 0xFFFF, number & 0xFFFF)
    packet = struct.pack("!BBH", _REQUEST, 0, checksum(bytes([_REQUEST, 0, 0, 0]) + label)) + label
    begin = time.monotonic()
    try:
        mouth.sendto(packet, (address, 0))
    except OSError:  # the neighbour is unknown, or there is no way
        time.sleep(PATIENCE)
        return None
    while (left := begin + PATIENCE - time.monotonic()) > 0:
        if select.select([mouth], [], [], left)[0]:
            heard = mouth.recv(1500)
            body = heard[(heard[0] & 15) * 4 :]
            if body[0] == _REPLY and body[4:8] == label:
                return round((time.monotonic() - begin) * 1000, 2)
    return None


def main(address: str, file: Path) -> None:
    """Until it is ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as mouth, file.open("a") as book:
        number = 0
        while True:
            number += 1
            print(json.dumps({"at": time.time(), "ms": echo(mouth, address, number)}), file=book, flush=True)
            time.sleep(EVERY)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
