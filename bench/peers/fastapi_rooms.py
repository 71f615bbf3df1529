"""The rooms API on FastAPI and uvicorn, with the same table and the same answers, on SQLite as the other peers use it: write-ahead log, synchronous=FULL, one connection."""
import base64
import json
import sqlite3
import sys
import time
from datetime import datetime, timezone

import uvicorn
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

app = FastAPI()
db = sqlite3.connect("rooms.db", isolation_level=None)
for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = 1"):
    db.execute("PRAGMA " + pragma)
db.execute(
    "CREATE TABLE rooms (room_id text PRIMARY KEY, title text, description text, settings text, created_by text, "
    "created_at bigint NOT NULL, updated_at bigint NOT NULL, version bigint NOT NULL)"
)
db.execute("CREATE INDEX rooms_created_at_idx ON rooms (created_at, room_id)")
db.execute(
    "CREATE TABLE room_members (room_id text NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE, user_id text NOT NULL, PRIMARY KEY (room_id, user_id))"
)

COLUMNS = (
    "room_id, title, description, settings, created_by, created_at, updated_at, version, "
    "(SELECT json_group_array(listed.user_id) FROM (SELECT m.user_id FROM room_members m WHERE m.room_id = rooms.room_id ORDER BY m.user_id LIMIT 100) AS listed)"
)


class NewRoom(BaseModel):
    room_id: str = Field(min_length=1, max_length=128, regex=r"^[A-Za-z0-9_.:-]+$")
    title: str | None = Field(default=None, min_length=1, max_length=200)


class Changes(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)


class Room(BaseModel):
    """As the program shows a room that nobody has open."""

    room_id: str
    namespace: str
    title: str | None
    description: str | None
    settings: dict
    allowed_users: list[str]
    permanent: bool = True
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    version: int
    epoch: str | None = None
    offset: int | None = None
    durable: bool = False
    history_count: int = 0
    connections: int = 0
    members: int = 0
    dropped: int = 0
    slow_closes: int = 0


class Page(BaseModel):
    items: list[Room]
    next_cursor: str | None
    has_next: bool


def room_of(row):
    return Room(
        room_id=row[0],
        namespace=row[0].split(":", 1)[0] if ":" in row[0] else "default",
        title=row[1],
        description=row[2],
        settings=json.loads(row[3]) if row[3] else {},
        created_by=row[4],
        created_at=datetime.fromtimestamp(row[5] / 1000, timezone.utc),
        updated_at=datetime.fromtimestamp(row[6] / 1000, timezone.utc),
        version=row[7],
        allowed_users=[] if row[8] in (None, "[]") else json.loads(row[8]),
    )


@app.post("/api/v1/rooms", status_code=201, response_model=Room)
async def create(room: NewRoom):
    now = int(time.time() * 1000)
    try:
        db.execute("INSERT INTO rooms VALUES (?, ?, NULL, NULL, NULL, ?, ?, 1)", (room.room_id, room.title, now, now))
    except sqlite3.IntegrityError:
        raise HTTPException(409)
    return room_of((room.room_id, room.title, None, None, None, now, now, 1, None))


@app.get("/api/v1/rooms/{room_id}", response_model=Room)
async def read(room_id: str):
    row = db.execute(f"SELECT {COLUMNS} FROM rooms WHERE room_id = ?", (room_id,)).fetchone()
    if row is None:
        raise HTTPException(404)
    return room_of(row)


@app.patch("/api/v1/rooms/{room_id}", response_model=Room)
async def update(room_id: str, changes: Changes):
    row = db.execute(
        f"UPDATE rooms SET title = ?, updated_at = ?, version = version + 1 WHERE room_id = ? RETURNING {COLUMNS}",
        (changes.title, int(time.time() * 1000), room_id),
    ).fetchone()
    if row is None:
        raise HTTPException(404)
    return room_of(row)


@app.delete("/api/v1/rooms/{room_id}", status_code=204)
async def delete(room_id: str):
    if db.execute("DELETE FROM rooms WHERE room_id = ?", (room_id,)).rowcount == 0:
        raise HTTPException(404)
    return Response(status_code=204)


@app.get("/api/v1/rooms", response_model=Page)
async def list_rooms(limit: int = 20, cursor: str | None = None):
    limit = max(1, min(limit, 100))
    if cursor is None:
        rows = db.execute(f"SELECT {COLUMNS} FROM rooms ORDER BY created_at, room_id LIMIT ?", (limit + 1,)).fetchall()
    else:
        at, key = base64.urlsafe_b64decode(cursor).decode().split(",", 1)
        rows = db.execute(
            f"SELECT {COLUMNS} FROM rooms WHERE created_at >= ? AND (created_at > ? OR (created_at = ? AND room_id > ?)) "
            "ORDER BY created_at, room_id LIMIT ?",
            (int(at), int(at), int(at), key, limit + 1),
        ).fetchall()
    items = [room_of(row) for row in rows[:limit]]
    more = len(rows) > limit
    cursor = base64.urlsafe_b64encode(f"{rows[limit - 1][5]},{rows[limit - 1][0]}".encode()).decode() if more else None
    return Page(items=items, next_cursor=cursor, has_next=more)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", log_level="warning", access_log=False)
