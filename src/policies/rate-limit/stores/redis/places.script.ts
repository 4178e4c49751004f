/**
 * Takes a place among those who are in, by the server's clock.
 *
 * - `KEYS`: the set of who is in, each with the time until which the place is kept
 * - `ARGV`: the limit, who wants in, how long a place is kept in ms
 * - answers 1 and the places taken, or 0 and the places taken
 */
export const ENTER_SCRIPT = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local taken = redis.call('ZCARD', KEYS[1])
if taken >= tonumber(ARGV[1]) then return {0, taken} end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {1, taken + 1}
`;

/**
 * Keeps places for another while. Who lost a place meanwhile, because nobody renewed it in time, is let in again: the
 * request is running.
 *
 * - `KEYS`: the set
 * - `ARGV`: how long in ms, then who is in
 */
export const RENEW_SCRIPT = `
local clock = redis.call('TIME')
local till = clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[1]
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], till, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`;
