"""A line between a room and the relay: carries TCP connections to HOST:PORT, and worsens when it is told to.

    line.py HOST:PORT BITS    says "listening at HOST:PORT"
        SIGUSR1    nothing comes through any more, and nobody is told, as where a cable is pulled
        SIGUSR2    so many bits a second come through from the relay to the room, in all
        SIGHUP     all is well again
"""

import asyncio
import signal
import sys

PIECE = 4096


class Line:
    def __init__(self, bits: float):
        self.slow = bits / 8
        self.limit: float | None = None
        self.passes = asyncio.Event()
        self.passes.set()
        self.free_at = 0.0

    def cut(self) -> None:
        self.passes.clear()

    def worsen(self) -> None:
        self.limit = self.slow
        self.passes.set()

    def mend(self) -> None:
        self.limit = None
        self.passes.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_down: bool) -> None:
        try:
            while data := await reader.read(PIECE):
                await self.passes.wait()
                if is_down and self.limit:
                    now = asyncio.get_running_loop().time()
                    self.free_at = max(self.free_at, now) + len(data) / self.limit
                    await asyncio.sleep(self.free_at - now)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            await self.passes.wait()
            writer.close()


async def main(address: str, bits: float) -> None:
    host, port = address.rsplit(":", 1)
    line = Line(bits)
    loop = asyncio.get_running_loop()
    for number, change in [(signal.SIGUSR1, line.cut), (signal.SIGUSR2, line.worsen), (signal.SIGHUP, line.mend)]:
        loop.add_signal_handler(number, change)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await line.passes.wait()
        try:
            # Small, so that what is late waits in the relay, as on a real line.
            far_reader, far_writer = await asyncio.open_connection(host, int(port), limit=PIECE * 4)
        except OSError:
            writer.close()
            return
        await asyncio.gather(line.carry(reader, far_writer, False), line.carry(far_reader, writer, True))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    print("listening at 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(sys.argv[1], float(sys.argv[2])))
