"""Clients on three nodes that keep what they get, while the last node is killed; then says whether any of them missed anything.

    check.py PID_OF_THE_LAST_NODE HOST:PORT HOST:PORT HOST:PORT
"""

import asyncio
import json
import os
import signal
import sys
import time

import websockets

ROOM = "orders:1"
CLIENTS_PER_NODE = 10
BEFORE = AFTER = 3.0
PAUSE = 0.01
PATIENCE = 30.0


class Client:
    """A member that comes back with its position, to another node where its own does not answer."""

    def __init__(self, node):
        self.node = node
        self.epoch = None
        self.messages = []
        self.unrecovered = 0

    @property
    def position(self):
        return self.messages[-1][0] if self.messages else 0

    async def run(self, nodes):
        while True:
            try:
                async with websockets.connect(f"ws://{nodes[self.node]}/ws") as socket:
                    await self.listen(socket)
            except (OSError, websockets.WebSocketException):
                self.node = (self.node + 1) % len(nodes)
                await asyncio.sleep(0.05)

    async def listen(self, socket):
        payload = {"since": {"epoch": self.epoch, "offset": self.position}} if self.epoch else {"history": 100}
        await socket.send(json.dumps({"type": "join_room", "ref": "join", "room_id": ROOM, "payload": payload}))
        async for text in socket:
            message = json.loads(text)
            if message.get("ref") == "join":
                answer = message["payload"]
                self.unrecovered += self.epoch is not None and not answer["recovered"]
                self.epoch = answer["epoch"]
            elif message["type"] == "order":
                self.messages.append((message["offset"], message["id"]))


async def publish(url, acknowledged, until):
    """One message after the other, each when the last is acknowledged; ends with its node."""
    try:
        async with websockets.connect(f"ws://{url}/ws") as socket:
            number = 0
            while not until.is_set():
                number += 1
                await socket.send(json.dumps({"type": "order", "ref": str(number), "room_id": ROOM, "payload": {"from": url, "number": number}}))
                async for text in socket:
                    answer = json.loads(text)
                    if answer.get("ref") == str(number):
                        acknowledged.append((answer["payload"]["offset"], answer["payload"]["id"]))
                        break
                await asyncio.sleep(PAUSE)
    except (OSError, websockets.WebSocketException):
        pass


async def wait_until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"FAILED: {what} took more than {PATIENCE:.0f} s")
        await asyncio.sleep(0.01)


async def check(pid, nodes):
    clients = [Client(node) for node in range(len(nodes)) for _ in range(CLIENTS_PER_NODE)]
    running = [asyncio.create_task(client.run(nodes)) for client in clients]
    await wait_until("joining", lambda: all(client.epoch for client in clients))
    acknowledged, stop = [], asyncio.Event()
    publishers = [asyncio.create_task(publish(url, acknowledged, stop)) for url in nodes]
    await asyncio.sleep(BEFORE)

    os.kill(pid, signal.SIGKILL)
    killed_at = time.monotonic()
    known = max(acknowledged)[0]
    victims = clients[-CLIENTS_PER_NODE:]
    await wait_until("coming back", lambda: all(client.position >= known and client.node != len(nodes) - 1 for client in victims))
    back = time.monotonic() - killed_at
    print(f"   {len(victims)} clients of the killed node had everything after {back:.2f} s")

    await asyncio.sleep(AFTER)
    stop.set()
    await asyncio.gather(*publishers)
    newest = max(acknowledged)[0]
    await wait_until("the last messages", lambda: all(client.position >= newest for client in clients))
    for task in running:
        task.cancel()
    return verdict(clients, acknowledged, newest)


def verdict(clients, acknowledged, newest):
    first = clients[0].messages[:newest]
    missing = sum(len(set(acknowledged) - set(client.messages)) for client in clients)
    unordered = sum([offset for offset, _ in client.messages] != list(range(1, len(client.messages) + 1)) for client in clients)
    different = sum(client.messages[:newest] != first for client in clients)
    unrecovered = sum(client.unrecovered for client in clients)
    print(f"   {len(acknowledged)} messages acknowledged, {newest} in the log, {len(clients)} clients")
    print(f"   missing {missing}, clients with a gap, a double or another order {unordered}, with another log {different}, not recovered {unrecovered}")
    good = not (missing or unordered or different or unrecovered)
    print("\nVERDICT: every client has the exact log." if good else "\nVERDICT: FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(check(int(sys.argv[1]), sys.argv[2:])))
