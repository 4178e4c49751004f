-- What wrk sends: `wrk … -s requests.lua URL -- PATH [TOKENS FIRST COUNT [FIELD]]`.
-- TOKENS holds one token a line, all of the same length; COUNT of them are taken in turn, from the one at FIRST on.
local requests, turn = {}, 0

function init(args)
  local path, file, first, count = args[1], args[2], tonumber(args[3]), tonumber(args[4])
  local field = args[5] or "Authorization: Bearer "
  local head = "GET " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
  if file == nil then
    requests[1] = head .. "\r\n"
    return
  end
  local tokens = assert(io.open(file, "rb"))
  local length = #tokens:read("*l") + 1
  tokens:seek("set", first * length)
  for i = 1, count do
    local token = tokens:read("*l")
    if token == nil then break end
    requests[i] = head .. field .. token .. "\r\n\r\n"
  end
  tokens:close()
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"errors":%d,"refused":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.timeout, e.status,
    latency:percentile(50), latency:percentile(99)))
end
