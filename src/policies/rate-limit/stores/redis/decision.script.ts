/**
 * One decision about a rule, as the meters in memory make it: by the server's clock, at all meters or at none. Every key
 * it leaves has a lifetime.
 *
 * - `KEYS`: one for each meter, all of one slot
 * - `ARGV`: the fewest and the most units to take, then five for each meter: algorithm, limit, window in ms, the calendar's
 *   unit or nothing, burst
 * - answers the units taken, -1 when refused, and the milliseconds until the fewest would fit; then for each meter what is
 *   left and the milliseconds until all of it is back
 *
 * Days are made months by the algorithm of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days).
 */
const decision = (refused: string): string => `
local least, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local DAY = 86400000

local function days_from_civil(y, m)
  if m <= 2 then y = y - 1 end
  local era = math.floor(y / 400)
  local yoe = y - era * 400
  local doy = math.floor((153 * ((m + 9) % 12) + 2) / 5)
  return era * 146097 + yoe * 365 + math.floor(yoe / 4) - math.floor(yoe / 100) + doy - 719468
end

local function calendar_end(unit, window)
  if unit == '' then return window - now % window end
  local z = math.floor(now / DAY) + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = (mp + 2) % 12 + 1
  local year = yoe + era * 400
  if month <= 2 then year = year + 1 end
  if unit == 'year' then return days_from_civil(year + 1, 1) * DAY - now end
  if month == 12 then return days_from_civil(year + 1, 1) * DAY - now end
  return days_from_civil(year, month + 1) * DAY - now
end

-- Each says what is used, when all of it is back, how long until so much fits, and how to take.
local function window_meter(key, m)
  local used, left = 0, redis.call('PTTL', key)
  local open = left ~= -2
  if open then used = tonumber(redis.call('GET', key)) or 0 end
  if left == 0 then left = 1 end
  if left < 0 then
    left = m.window
    if m.calendar ~= nil then left = calendar_end(m.calendar, m.window) end
    -- A key that lost its lifetime would refuse for ever.
    if open then redis.call('PEXPIRE', key, left) end
  end
  return {
    used = used,
    reset = left,
    retry = function() return left end,
    take = function(cost)
      if open then redis.call('INCRBY', key, string.format('%.0f', cost))
      else redis.call('SET', key, string.format('%.0f', cost), 'PX', left) end
      return used + cost, left
    end,
  }
end

local function sliding_meter(key, m)
  local step = math.ceil(m.window / 20)
  local fields = redis.call('HGETALL', key)
  local steps, used, passed = {}, 0, {}
  for i = 1, #fields, 2 do
    local at, count = tonumber(fields[i]), tonumber(fields[i + 1])
    local ends = (at + 1) * step + m.window
    if ends <= now then passed[#passed + 1] = fields[i]
    else
      steps[#steps + 1] = {ends = ends, count = count}
      used = used + count
    end
  end
  table.sort(steps, function(a, b) return a.ends < b.ends end)
  local last = steps[#steps]
  return {
    used = used,
    reset = last and last.ends - now or 0,
    retry = function(excess)
      for _, one in ipairs(steps) do
        excess = excess - one.count
        if excess <= 0 then return one.ends - now end
      end
      return last and last.ends - now or m.window
    end,
    take = function(cost)
      local at = math.floor(now / step)
      local ends = (at + 1) * step + m.window
      if #passed > 0 then redis.call('HDEL', key, unpack(passed)) end
      redis.call('HINCRBY', key, string.format('%.0f', at), string.format('%.0f', cost))
      if last and last.ends > ends then ends = last.ends end
      redis.call('PEXPIRE', key, ends - now)
      return used + cost, ends - now
    end,
  }
end

local function bucket_meter(key, m)
  local held = redis.call('HMGET', key, 'debt', 'at')
  local debt, at = tonumber(held[1]) or 0, tonumber(held[2]) or now
  debt = math.max(0, debt - math.max(0, now - at) * m.limit / m.window)
  local function ms(tokens) return math.ceil(tokens * m.window / m.limit - 1e-9) end
  return {
    used = debt,
    reset = ms(debt),
    retry = function(excess) return math.max(1, ms(math.min(excess, debt))) end,
    take = function(cost)
      debt = debt + cost
      redis.call('HSET', key, 'debt', string.format('%.17g', debt), 'at', string.format('%.0f', now))
      redis.call('PEXPIRE', key, math.max(1, ms(debt)))
      return debt, ms(debt)
    end,
  }
end

local meters, room = {}, most
for i = 1, #KEYS do
  local from = 3 + (i - 1) * 5
  local algorithm, limit, window = ARGV[from], tonumber(ARGV[from + 1]), tonumber(ARGV[from + 2])
  local m = {limit = limit, window = window, burst = tonumber(ARGV[from + 4])}
  if algorithm == 'calendar-window' then m.calendar = ARGV[from + 3] end
  local open = window_meter
  if algorithm == 'sliding-window' then open = sliding_meter elseif algorithm == 'token-bucket' then open = bucket_meter end
  m.now = open(KEYS[i], m)
  m.room = math.floor(m.burst - m.now.used + 1e-9)
  if m.room < room then room = m.room end
  meters[i] = m
end

local passes = least == 0 or room >= least
local retry = 0
local answer = {}
for _, m in ipairs(meters) do
  local used, reset = m.now.used, m.now.reset
  if passes and room > 0 then used, reset = m.now.take(room)
  elseif not passes and m.room < least then retry = math.max(retry, m.now.retry(used + least - m.burst)) end
  ${refused}
  answer[#answer + 1] = math.max(0, math.floor(m.burst - used + 1e-9))
  answer[#answer + 1] = reset
end
return {passes and math.max(room, 0) or -1, retry, unpack(answer)}
`;

/** A refused hit takes nothing. */
export const DECISION_SCRIPT = decision('');

/** A refused hit takes the fewest units all the same; the answer tells how the key stood before. */
export const COUNT_REFUSED_SCRIPT = decision('if not passes then m.now.take(least) end');
