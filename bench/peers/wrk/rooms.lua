-- wrk's script for the rooms API: wrk … -s rooms.lua URL -- OPERATION FIRST COUNT TOKEN [CURSOR]
local operation, first, count, token, cursor
local number = 0

function init(args)
  operation, first, count, token, cursor = args[1], tonumber(args[2]), tonumber(args[3]), args[4], args[5]
  wrk.headers["Authorization"] = "Bearer " .. token
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  number = number + 1
  if operation == "create" then
    local id = first + number
    return wrk.format("POST", "/api/v1/rooms", nil, '{"room_id":"bench-' .. id .. '","title":"Room ' .. id .. '"}')
  end

  -- 7919 is prime to every count in use: the ids come in no order that a cache would like. wrk asks before it begins, so that the first ids were never sent.
  local path = "/api/v1/rooms/bench-" .. (first + 10 + (number * 7919) % count)
  if operation == "read" then
    return wrk.format("GET", path)
  elseif operation == "update" then
    return wrk.format("PATCH", path, nil, '{"title":"Room ' .. number .. '"}')
  elseif operation == "list" then
    return wrk.format("GET", "/api/v1/rooms?limit=20")
  else
    return wrk.format("GET", "/api/v1/rooms?limit=20&cursor=" .. cursor)
  end
end
