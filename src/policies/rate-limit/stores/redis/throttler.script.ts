/**
 * One increment for @nestjs/throttler: a window starts with a key's first hit and is the lifetime of the Redis key, so it
 * ends by the server's clock alone; a hit above the limit is refused and not counted.
 *
 * - `KEYS`: the count, and what stands while the key is blocked (of the same slot)
 * - `ARGV`: limit, window in ms, and how long a refused key is blocked in ms, 0 for no longer than the window
 * - answers the hits, above the limit when refused, and the milliseconds until the window or the block ends
 */
export const THROTTLER_SCRIPT = `
local limit, window, block = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if block > 0 then
  local blocked = redis.call('PTTL', KEYS[2])
  if blocked > 0 then return {limit + 1, blocked} end
end
local left = redis.call('PTTL', KEYS[1])
local used = tonumber(redis.call('GET', KEYS[1])) or 0
if used < limit then
  if left >= 0 then return {redis.call('INCR', KEYS[1]), left} end
  redis.call('SET', KEYS[1], used + 1, 'PX', window)
  return {used + 1, window}
end
if block > 0 then
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], 1, 'PX', block)
  return {limit + 1, block}
end
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], window)
  left = window
end
return {limit + 1, left}
`;
