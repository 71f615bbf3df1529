#!/bin/sh
# Accounts, rooms, files and lists over HTTP, step by step, with curl alone.
#
# Starts the service on a free port with a data directory of its own, and leaves nothing behind. CAUSEWAY is the command that starts it, where it is not
# `causeway` on the PATH; in a checkout it is built.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/causeway-accounts.XXXXXX")
server=
sent=

finish() {
  status=$?
  trap - EXIT INT TERM
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  if [ "$status" -ne 0 ] && [ -s "$work/server.log" ]; then
    echo "The last the service said:" >&2
    tail -n 5 "$work/server.log" >&2
  fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

step() { printf '\n== %s\n' "$1"; }

# A field of the last answer: its first text of that name.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$work/body" | head -n 1; }

# What is worth reading of an answer: its lines without the tokens, not all of a long one.
show() {
  sed -e 's/"access_token":"[^"]*"/"access_token":"..."/' -e 's/"refresh_token":"[^"]*"/"refresh_token":"..."/' "$work/body" | cut -c 1-480 | sed -e '2,$s/^/          /'
}

# call STATUS METHOD PATH TOKEN [curl's options]: says what is asked and what comes back, and ends where the status is another.
call() {
  expected=$1 method=$2 path=$3 token=$4
  shift 4
  printf '   %s %s %s\n' "$method" "$path" "$sent"
  sent=
  : >"$work/body"
  # Without a token the header would be empty, which curl leaves out.
  status=$(curl -s -m 30 -o "$work/body" -w '%{http_code}' -X "$method" -H "Authorization:${token:+ Bearer $token}" "$@" "$address$path") ||
    fail "$method $path got no answer"
  printf '   -> %s %s\n' "$status" "$(show)"
  [ "$status" = "$expected" ] || fail "$method $path answered $status instead of $expected"
}

# The same with a body of JSON.
json() {
  sent=$5
  call "$1" "$2" "$3" "$4" -H 'Content-Type: application/json' -d "$5"
}

if [ -z "${CAUSEWAY:-}" ]; then
  if command -v causeway >/dev/null; then
    CAUSEWAY=causeway
  else
    echo "Building the service ..."
    dotnet build "$here/../../src/Causeway.Server" -c Release -v quiet -nologo >"$work/server.log" 2>&1 || fail "it does not build"
    CAUSEWAY="dotnet $here/../../artifacts/bin/Causeway.Server/release/causeway.dll"
  fi
fi

step "Start the service on a free port"
# shellcheck disable=SC2086  # a command may have arguments
$CAUSEWAY --config "$here/causeway.json" --Server:Urls=http://127.0.0.1:0 --Server:DataDirectory="$work/data" --Server:DrainSeconds=0 >"$work/server.log" 2>&1 &
server=$!
address=
tries=0
while [ -z "$address" ]; do
  kill -0 "$server" 2>/dev/null || fail "it ended at once"
  [ $((tries += 1)) -le 300 ] || fail "it did not come up in 60 s"
  sleep 0.2
  address=$(sed -n 's|^ *Console *\(http://127\.0\.0\.1:[0-9]*\).*|\1|p' "$work/server.log")
done
admin=$(cat "$work/data/admin-token")
echo "   It is at $address"

step "Ada registers, and logs in"
json 201 POST /api/v1/auth/register '' '{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}'
json 200 POST /api/v1/auth/login '' '{"email":"ada@example.com","password":"correct horse battery"}'
ada=$(field access_token)
call 200 GET /api/v1/auth/me "$ada"

step "She makes a room; its owner is she. Sent twice by accident, it is made once"
for _ in 1 2; do
  call 201 POST /api/v1/rooms "$ada" -H 'Content-Type: application/json' -H 'Idempotency-Key: garden-1' -d '{"room_id":"team:garden","title":"The garden"}'
done

step "She uploads a file and posts it into the room"
echo 'Beans, peas, and a row of sunflowers.' >"$work/plan.txt"
call 201 POST '/api/v1/files?name=plan.txt' "$ada" -H 'Content-Type: text/plain' --data-binary "@$work/plan.txt"
file=$(field id)
json 201 POST /api/v1/rooms/team:garden/files "$ada" "{\"file_id\":\"$file\"}"

step "She publishes a message"
json 201 POST /api/v1/rooms/team:garden/messages "$ada" '{"type":"chat","payload":{"text":"The plan is there."}}'

step "What is in the room: messages and files"
call 200 GET '/api/v1/rooms/team:garden/messages?limit=5' "$ada"
call 200 GET '/api/v1/rooms/team:garden/files?sort=name' "$ada"

step "Bob registers too. He has no role in the room, and is told so"
json 201 POST /api/v1/auth/register '' '{"email":"bob@example.com","password":"another horse battery","name":"Bob"}'
bob=$(field access_token)
bob_id=$(sed -n 's/.*"user":{"id":"\([^"]*\)".*/\1/p' "$work/body")
json 403 POST /api/v1/rooms/team:garden/messages "$bob" '{"type":"chat","payload":{"text":"Let me in!"}}'
call 404 GET "/api/v1/files/$file" "$bob"
call 403 GET /api/v1/users "$bob"

step "Ada lets him in as a reader: he reads, and still does not publish"
json 201 PUT "/api/v1/rooms/team:garden/allowed-users/$bob_id" "$ada" '{"role":"reader"}'
call 200 GET '/api/v1/rooms/team:garden/messages?limit=1' "$bob"
call 200 GET "/api/v1/files/$file/content" "$bob"
json 403 POST /api/v1/rooms/team:garden/messages "$bob" '{"type":"chat","payload":{"text":"Nice."}}'

step "Lists, sorted and filtered, by page and by cursor; exports of them"
call 200 GET '/api/v1/rooms?q=garden&sort=-created_at&page=1&page_size=5' "$ada"
call 200 GET '/api/v1/users?sort=email&limit=1' "$admin"
call 200 GET /api/v1/rooms/export.csv "$ada"
call 200 GET /api/v1/rooms/export.ndjson "$ada"
call 200 GET '/api/v1/users/export.csv?sort=email' "$admin"

step "Rooms come in from CSV; what is wrong is told by line"
printf 'room_id,title,join\nteam:kitchen,The kitchen,members\nteam:garden,Again,\nno room,,\n' >"$work/rooms.csv"
call 200 POST /api/v1/rooms/import "$admin" -H 'Content-Type: text/csv' --data-binary "@$work/rooms.csv"

step "The audit log knows who did what"
call 200 GET '/api/v1/audit/export.csv?action.prefix=room.&sort=at' "$admin"

step "Ada logs out: her token counts for nothing any more"
call 204 POST /api/v1/auth/logout "$ada"
call 401 GET /api/v1/auth/me "$ada"

printf '\nAll of it went as it should.\n'
