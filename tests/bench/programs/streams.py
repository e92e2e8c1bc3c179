"""A server and clients over asyncio streams, with imports inside functions."""

import asyncio
import json


class Protocol:
    def __init__(self):
        self.requests = 0

    async def handle(self, reader, writer):
        while True:
            line = await reader.readline()
            if not line:
                break
            self.requests += 1
            answer = await self.answer(json.loads(line))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def answer(self, request):
        if request["kind"] == "sleep":
            await asyncio.sleep(0)
            return {"slept": True}
        if request["kind"] == "hash":
            import hashlib

            return {"hash": hashlib.sha1(request["text"].encode()).hexdigest()}
        return {"error": request["kind"]}


async def client(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for i in range(30):
        kind = ("sleep", "hash", "other")[(i + number) % 3]
        writer.write(json.dumps({"kind": kind, "text": "x" * i}).encode() + b"\n")
        await writer.drain()
        json.loads(await reader.readline())
    writer.close()
    await writer.wait_closed()


async def main():
    protocol = Protocol()
    server = await asyncio.start_server(protocol.handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await asyncio.gather(*(client(port, n) for n in range(5)))
        queue = asyncio.Queue(2)

        async def produce():
            for i in range(50):
                await queue.put(i)

        async def consume():
            total = 0
            for _ in range(50):
                total += await queue.get()
            return total

        _, total = await asyncio.gather(produce(), consume())
        print(protocol.requests, total)


asyncio.run(main())
