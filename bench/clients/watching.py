"""Watchers of a server: `watching.py ADDRESS TOKEN PATH NUMBER [PAGE]`, each a socket of its own, nothing but asyncio.

Says "ready" once all of them have an answer. When told anything, prints how many seconds late every event came, which
says itself `at` what time it was. With a PAGE they do what its script does in a browser: at each ring they fetch its
regions, one after the other; then `seen` is of each watcher up to which event its page was, and at what time.
"""

import asyncio
import json
import re
import sys
import time
from datetime import datetime
from urllib.parse import urlsplit

LATE: list[float] = []
#: So many begin at once.
AT_ONCE = 50
#: Between two looks at a page, where it rang meanwhile; as the script has it.
GAP = 0.4
_SEQ = re.compile(rb'data-seq="(\d+)"')


async def main() -> None:
    """Watch until somebody says anything."""
    address, token, path, number, *page = sys.argv[1:]
    turn = asyncio.Semaphore(AT_ONCE)
    visits = [Visit(address, token, page[0] if page else "") for _ in range(int(number))]
    tasks = [asyncio.create_task(visit.watch(path, turn)) for visit in visits]
    await asyncio.gather(*(visit.ready for visit in visits))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps({"late": LATE, "seen": [visit.seen for visit in visits]}), flush=True)
    for task in tasks:
        task.cancel()


class Visit:
    """One of them."""

    def __init__(self, address: str, token: str, page: str) -> None:
        self.server = urlsplit(address)
        self.token = token
        self.page = page
        self.seen: list[tuple[int, float]] = []
        self.ready = asyncio.get_running_loop().create_future()
        self.rung = asyncio.Event()

    async def watch(self, path: str, turn: asyncio.Semaphore) -> None:
        """Read a stream to its end."""
        async with turn:
            reader, _writer, _head = await self.ask(path, "text/event-stream")
            looking = asyncio.create_task(self.look(await self.draw())) if self.page else None
            self.ready.set_result(None)
        while line := await reader.readline():
            if line.startswith(b"event: ring"):
                self.rung.set()
            elif line.startswith(b"data: ") and b'"at"' in line:
                LATE.append(time.time() - datetime.fromisoformat(json.loads(line[6:])["at"]).timestamp())
        if looking:
            looking.cancel()

    async def look(self, given) -> None:
        """Have the page that is open drawn anew whenever it rang."""
        while await self.rung.wait():
            self.rung.clear()
            *given, seq = await self.draw(*given[:2])
            self.seen.append((seq, time.time()))
            await asyncio.sleep(GAP if self.rung.is_set() else 0)

    async def draw(self, *given):
        """The page, over a connection that stays: that, and the number of the last event on it."""
        reader, writer, head = await self.ask(self.page, "text/html", *given)
        size = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        return reader, writer, int(_SEQ.search(await reader.readexactly(size))[1])

    async def ask(self, path: str, accept: str, reader=None, writer=None):
        """Ask for something; the connection and the head of its answer. RuntimeError where it is none of 200."""
        if reader is None:
            reader, writer = await asyncio.open_connection(self.server.hostname, self.server.port)
        part = "X-Part: 1\r\n" if accept == "text/html" else ""
        known = f"Authorization: Bearer {self.token}\r\nAccept: {accept}\r\n{part}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{known}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            refused = RuntimeError(head.decode())
            if not self.ready.done():
                self.ready.set_exception(refused)
            raise refused
        return reader, writer, head


asyncio.run(main())
