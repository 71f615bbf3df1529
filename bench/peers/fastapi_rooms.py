"""The rooms API on FastAPI and uvicorn, on SQLite as the other peers use it: write-ahead log, synchronous=FULL, one connection."""
import base64
import sqlite3
import sys
import time

import uvicorn
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

app = FastAPI()
db = sqlite3.connect("rooms.db", isolation_level=None)
for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = 1"):
    db.execute("PRAGMA " + pragma)
db.execute("CREATE TABLE rooms (id text PRIMARY KEY, title text, created_at bigint NOT NULL, version bigint NOT NULL)")
db.execute("CREATE INDEX rooms_created_at_idx ON rooms (created_at, id)")


class NewRoom(BaseModel):
    room_id: str = Field(min_length=1, max_length=128, regex=r"^[A-Za-z0-9_.:-]+$")
    title: str | None = Field(default=None, min_length=1, max_length=200)


class Changes(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)


class Room(BaseModel):
    room_id: str
    title: str | None
    created_at: int
    version: int


class Page(BaseModel):
    items: list[Room]
    next_cursor: str | None
    has_next: bool


def room_of(row):
    return Room(room_id=row[0], title=row[1], created_at=row[2], version=row[3])


@app.post("/api/v1/rooms", status_code=201, response_model=Room)
async def create(room: NewRoom):
    now = int(time.time() * 1000)
    try:
        db.execute("INSERT INTO rooms VALUES (?, ?, ?, 1)", (room.room_id, room.title, now))
    except sqlite3.IntegrityError:
        raise HTTPException(409)
    return Room(room_id=room.room_id, title=room.title, created_at=now, version=1)


@app.get("/api/v1/rooms/{room_id}", response_model=Room)
async def read(room_id: str):
    row = db.execute("SELECT id, title, created_at, version FROM rooms WHERE id = ?", (room_id,)).fetchone()
    if row is None:
        raise HTTPException(404)
    return room_of(row)


@app.patch("/api/v1/rooms/{room_id}", response_model=Room)
async def update(room_id: str, changes: Changes):
    row = db.execute(
        "UPDATE rooms SET title = ?, version = version + 1 WHERE id = ? RETURNING id, title, created_at, version", (changes.title, room_id)
    ).fetchone()
    if row is None:
        raise HTTPException(404)
    return room_of(row)


@app.delete("/api/v1/rooms/{room_id}", status_code=204)
async def delete(room_id: str):
    if db.execute("DELETE FROM rooms WHERE id = ?", (room_id,)).rowcount == 0:
        raise HTTPException(404)
    return Response(status_code=204)


@app.get("/api/v1/rooms", response_model=Page)
async def list_rooms(limit: int = 20, cursor: str | None = None):
    limit = max(1, min(limit, 100))
    if cursor is None:
        rows = db.execute("SELECT id, title, created_at, version FROM rooms ORDER BY created_at, id LIMIT ?", (limit + 1,)).fetchall()
    else:
        at, key = base64.urlsafe_b64decode(cursor).decode().split(",", 1)
        rows = db.execute(
            "SELECT id, title, created_at, version FROM rooms WHERE created_at >= ? AND (created_at > ? OR (created_at = ? AND id > ?)) "
            "ORDER BY created_at, id LIMIT ?",
            (int(at), int(at), int(at), key, limit + 1),
        ).fetchall()
    items = [room_of(row) for row in rows[:limit]]
    more = len(rows) > limit
    cursor = base64.urlsafe_b64encode(f"{items[-1].created_at},{items[-1].room_id}".encode()).decode() if more else None
    return Page(items=items, next_cursor=cursor, has_next=more)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", log_level="warning", access_log=False)
