"""FastAPI on uvicorn (uvloop, websockets), as its documentation shows a chat room: a list of sockets, one await per send."""

import asyncio
import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

app = FastAPI()
sockets: set[WebSocket] = set()
streams: set[asyncio.Queue] = set()


@app.websocket("/sub")
async def subscribe(socket: WebSocket) -> None:
    await socket.accept()
    sockets.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        sockets.discard(socket)


@app.websocket("/pub")
async def publish(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            message = await socket.receive_text()
            for member in list(sockets):
                try:
                    await member.send_text(message)
                except Exception:  # a member that left between two sends
                    sockets.discard(member)
            for queue in streams:
                queue.put_nowait(message)
    except WebSocketDisconnect:
        pass


@app.websocket("/echo")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


@app.get("/sse")
async def events() -> StreamingResponse:
    queue: asyncio.Queue = asyncio.Queue()

    async def body():
        streams.add(queue)
        try:
            while True:
                yield f"data: {await queue.get()}\n\n"
        finally:
            streams.discard(queue)

    return StreamingResponse(body(), media_type="text/event-stream")


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", ws="websockets", ws_per_message_deflate=False,
        log_level="warning", access_log=False, backlog=4096,
    )
