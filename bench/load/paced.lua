-- As requests.lua, but each connection waits at random before every request (exponential, PACE_MS on average), so that
-- requests come one by one, as from many clients that know nothing of each other, and not in bursts.
dofile((os.getenv("LOAD_SCRIPTS") or ".") .. "/requests.lua")

local mean = tonumber(os.getenv("PACE_MS"))

function delay()
  return math.floor(-mean * math.log(1 - math.random()) + 0.5)
end
