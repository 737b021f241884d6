"""Watchers of a server: `watching.py ADDRESS TOKEN PATH NUMBER`, each a socket of its own, nothing but asyncio.

Says "ready" once all of them have an answer. When told anything, prints how many seconds late every event came, which
says itself `at` what time it was.
"""

import asyncio
import json
import sys
import time
from datetime import datetime
from urllib.parse import urlsplit

LATE: list[float] = []
#: So many begin at once.
AT_ONCE = 50


async def main() -> None:
    """Watch until somebody says anything."""
    address, token, path, number = sys.argv[1:]
    turn = asyncio.Semaphore(AT_ONCE)
    ready = [asyncio.get_running_loop().create_future() for _ in range(int(number))]
    tasks = [asyncio.create_task(watch(urlsplit(address), path, token, (turn, heard))) for heard in ready]
    await asyncio.gather(*ready)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps({"late": LATE}), flush=True)
    for task in tasks:
        task.cancel()


async def watch(server, path: str, token: str, heard) -> None:
    """One of them."""
    turn, ready = heard
    async with turn:
        reader, writer = await asyncio.open_connection(server.hostname, server.port)
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
        writer.write(head.encode())
        status = await reader.readline()
        if b" 200 " not in status:
            ready.set_exception(RuntimeError(status.decode()))
            return
        while (await reader.readline()).strip():
            pass
        ready.set_result(None)
    while line := await reader.readline():
        if line.startswith(b"data: ") and b'"at"' in line:
            LATE.append(time.time() - datetime.fromisoformat(json.loads(line[6:])["at"]).timestamp())


asyncio.run(main())
