"""A road to a server that takes its time: a relay that holds back every piece of what passes through it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def slow_road(host: str, port: int, target: tuple[str, int], delay: float) -> Iterator[None]:
    """Listen at `host`:`port` for as long as it is wanted; each piece arrives `delay` seconds late, in its order."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(lambda r, w: _relay(r, w, target, delay), host, port)

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    roads = asyncio.all_tasks() - {asyncio.current_task()}
    for road in roads:
        road.cancel()
    await asyncio.gather(*roads, return_exceptions=True)


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int], delay: float
) -> None:
    there_reader, there_writer = await asyncio.open_connection(*target)
    try:
        await asyncio.gather(_pass(reader, there_writer, delay), _pass(there_reader, writer, delay))
    except asyncio.CancelledError:  # not handed on: asyncio complains of a handler that ends with it
        for end in (writer, there_writer):
            end.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            loop.call_later(delay, writer.write, data)
    loop.call_later(delay, writer.close)
