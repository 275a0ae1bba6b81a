-- A hundred charges a request, each with an idempotency key of its own, all of one agent drawn by lot.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "common.lua")

local size = 100
local at, keys = "", {}

function prepare(path, agents)
  at, keys = path, agents
end

function request()
  local charges = {}
  for i = 1, size do
    charges[i] = '{"amount":0.000075,"model":"gpt-5","operation":"chat","idempotency_key":"' .. fresh_key() .. '"}'
  end
  local body = '{"charges":[' .. table.concat(charges, ",") .. "]}"
  return head(at, keys[math.random(#keys)], #body) .. "\r\n" .. body
end
