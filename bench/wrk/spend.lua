-- One spend a request, by an agent drawn by lot, each with an idempotency key of its own.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "common.lua")

local body = '{"amount":0.000075,"model":"gpt-5","operation":"chat"}'
local heads = {}

function prepare(path, agents)
  for _, agent in ipairs(agents) do
    table.insert(heads, head(path, agent, #body) .. "Idempotency-Key: ")
  end
end

function request()
  return heads[math.random(#heads)] .. fresh_key() .. "\r\n\r\n" .. body
end
