-- Reserves and commits in turn, each time by an agent drawn by lot. A thread must have one connection: what comes back is told by its turn.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "common.lua")

local reserve, commit = '{"amount":0.000075,"model":"gpt-5","operation":"chat"}', '{"amount":0.00005}'
local at, keys, agent, held = "", {}, nil, nil

function prepare(path, agents)
  at, keys = path, agents
end

function request()
  if held then
    local path = at .. "/" .. held .. "/commit"
    held = nil
    return head(path, agent, #commit) .. "\r\n" .. commit
  end
  agent = keys[math.random(#keys)]
  return head(at, agent, #reserve) .. "Idempotency-Key: " .. fresh_key() .. "\r\n\r\n" .. reserve
end

function response(status, _, body)
  held = status == 201 and body:match('"reservation_id":"([^"]*)"') or nil
end
