/** Who has not asked for this long has left the line, ms. Waiters ask every few ms. */
export const LAPSE_MS = 250;
/** Numbers are times in practice: after this rest any clock is past what was given, s. */
const REMEMBERED_S = 86_400;

/**
 * Takes the turn of a key, or a place in the line for it. The turn lapses by itself when its owner dies.
 *
 * KEYS: owner, line (by arrival), when each waiter asked last, the highest number given. ARGV: who asks, its own number,
 * how long it may keep the turn in ms.
 * Answers the number to use, or '' while it is another's turn.
 */
export const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local id = ARGV[1]
local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ${LAPSE_MS}, 'LIMIT', 0, 500)
if #gone > 0 then
  redis.call('ZREM', KEYS[2], unpack(gone))
  redis.call('ZREM', KEYS[3], unpack(gone))
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not first or first == id then
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZREM', KEYS[3], id)
    local last = tonumber(redis.call('GET', KEYS[4]) or '0')
    local number = string.format('%.0f', math.max(last + 1, tonumber(ARGV[2])))
    redis.call('SET', KEYS[4], number, 'EX', ${REMEMBERED_S})
    redis.call('SET', KEYS[1], id, 'PX', ARGV[3])
    return number
  end
end
redis.call('ZADD', KEYS[2], 'NX', string.format('%.0f', t[1] * 1000000 + t[2]), id)
redis.call('ZADD', KEYS[3], string.format('%.0f', now), id)
redis.call('PEXPIRE', KEYS[2], 60000)
redis.call('PEXPIRE', KEYS[3], 60000)
return ''
`;

/** Ends the turn, or leaves the line. KEYS as above, ARGV: who. */
export const END = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
`;
