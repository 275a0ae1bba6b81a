-- What the scripts share. Arguments after "--": PATH, a file of API keys, a name that no other run has, "count" to count statuses.
-- wrk itself only tells 2xx/3xx from the rest; to count is exact and slow, so it is done while warming up.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  math.randomseed(os.time() * 64 + number)
  local agents = {}
  for key in io.lines(args[2]) do
    table.insert(agents, key)
  end
  prefix = args[3] .. "-" .. number .. "-"
  issued = 0
  statuses = ""
  counted = {}
  if args[4] == "count" then
    response = count
  end
  prepare(args[1], agents)
end

-- The start of a request of one agent, up to where more headers may follow.
function head(path, agent, length)
  return "POST " .. path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAuthorization: Bearer " .. agent ..
    "\r\nContent-Type: application/json\r\nContent-Length: " .. length .. "\r\n"
end

function fresh_key()
  issued = issued + 1
  return prefix .. issued
end

function count(status)
  counted[status] = (counted[status] or 0) + 1
  statuses = ""
  for code, times in pairs(counted) do
    statuses = statuses .. " " .. code .. "=" .. times
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  local seen = ""
  for _, thread in ipairs(threads) do
    seen = seen .. thread:get("statuses")
  end
  io.write(string.format("RESULT requests=%d seconds=%.3f failed=%d broken=%d p50_ms=%.3f p99_ms=%.3f\nSTATUSES%s\n",
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, seen))
end
