import { GRACE_MS, HIGHEST_DEBT, LONGEST_LINE, LONGEST_WAIT_MS, SHORTEST_WAIT_MS, SLICES } from '@orderplane/domain';

/** Waiters read or removed in one go: Lua takes some thousands of arguments at most. */
const AT_ONCE = 500;
/** Distance of two classes in the order of a line: more than any time in ms. */
const CLASS_STEP = '10000000000000';

/**
 * One question, atomically: the same arithmetic as RateBook in @orderplane/domain, which says why. The clock is Redis's.
 *
 * KEYS: pauses of the place, then per charge: counter, line (by class and arrival), due times of the line, needs of the line.
 * ARGV: now in ms ('' = TIME), who asks, its rank, its key, its patience in ms; then per charge: kind, capacity, ceiling,
 * slice in ms, points per ms, points, always.
 * Answers {1} or {0, wait in ms, 'full' or 'paused', counter's number or reason, everything}.
 */
export const ASK = `
local now = tonumber(ARGV[1])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local id, rank, own, patience = ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])

local pauses = redis.call('HMGET', KEYS[1], '*|' .. rank, own .. '|' .. rank, '*|0')
local function ending(text)
  if not text then return 0, '' end
  local cut = string.find(text, '|', 1, true)
  return tonumber(string.sub(text, 1, cut - 1)), string.sub(text, cut + 1)
end
local untilMs, reason = ending(pauses[1])
local ownUntil, ownReason = ending(pauses[2])
if ownUntil > untilMs then untilMs, reason = ownUntil, ownReason end
if untilMs > now then
  local everything = 0
  if ending(pauses[3]) > now then everything = 1 end
  return {0, math.ceil(untilMs - now), 'paused', reason, everything}
end

local n = (#KEYS - 1) / 4
local function lineOf(i)
  return KEYS[3 + (i - 1) * 4], KEYS[4 + (i - 1) * 4], KEYS[5 + (i - 1) * 4]
end
local function strike(i, ids)
  local line, due, needs = lineOf(i)
  redis.call('ZREM', line, unpack(ids))
  redis.call('ZREM', due, unpack(ids))
  redis.call('HDEL', needs, unpack(ids))
end

-- Where this one stands: of all its places the earliest.
local stands
local places, waits = {}, {}
for i = 1, n do
  local line, due = lineOf(i)
  waits[i] = redis.call('EXISTS', line) == 1
  if waits[i] then
    while true do
      local gone = redis.call('ZRANGEBYSCORE', due, '-inf', now - ${GRACE_MS}, 'LIMIT', 0, ${AT_ONCE})
      if #gone == 0 then break end
      strike(i, gone)
    end
    local score = id ~= '' and redis.call('ZSCORE', line, id)
    places[i] = score and tonumber(score) or nil
    if places[i] and (not stands or places[i] < stands) then stands = places[i] end
  end
end

-- Points of those who are served before it. Beyond enough of them the longest wait is told in any case.
local function pointsAhead(i, enough)
  local line, _, needs = lineOf(i)
  local sum, from = 0, 0
  while sum <= enough do
    local page = redis.call('ZRANGE', line, from, from + ${AT_ONCE - 1}, 'WITHSCORES')
    local ids, done = {}, #page < ${2 * AT_ONCE}
    for j = 1, #page, 2 do
      local score = tonumber(page[j + 1])
      local isBehind
      if not stands then isBehind = score >= (rank + 1) * ${CLASS_STEP}
      else isBehind = score > stands or (score == stands and (places[i] ~= stands or page[j] == id)) end
      if isBehind then
        done = true
        break
      end
      if page[j] ~= id then ids[#ids + 1] = page[j] end
    end
    if #ids > 0 then
      for _, need in ipairs(redis.call('HMGET', needs, unpack(ids))) do sum = sum + (tonumber(need) or 0) end
    end
    if done then break end
    from = from + ${AT_ONCE}
  end
  return sum
end

local waitMs, lacking = 0, 0
local found, lacks = {}, {}
for i = 1, n do
  local at = 5 + (i - 1) * 7
  local kind, capacity, ceiling = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local sliceMs, perMs = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local points, always = tonumber(ARGV[at + 6]), ARGV[at + 7] == '1'
  local counter = KEYS[2 + (i - 1) * 4]
  local used, slices, stale, value, index = 0, {}, {}, 0, 0
  if kind == 'window' then
    index = math.floor(now / sliceMs)
    local flat = redis.call('HGETALL', counter)
    for j = 1, #flat, 2 do
      local slice, count = tonumber(flat[j]), tonumber(flat[j + 1])
      if slice >= index - ${SLICES} then
        used = used + count
        slices[#slices + 1] = {slice, count}
      else
        stale[#stale + 1] = flat[j]
      end
    end
  else
    local state = redis.call('HMGET', counter, 'v', 't')
    local lasts = math.max(0, now - (tonumber(state[2]) or now))
    used = math.max(0, (tonumber(state[1]) or 0) - lasts * perMs)
  end
  if not always then
    local ahead = 0
    if waits[i] then
      local enough
      if kind == 'decay' then enough = ceiling - used + perMs * ${LONGEST_WAIT_MS}
      else enough = ceiling * (1 + ${LONGEST_WAIT_MS} / (${SLICES + 1} * sliceMs)) end
      ahead = pointsAhead(i, enough)
    end
    local over = used + (points + ahead) - ceiling
    if over > 0 then
      local wait
      if kind == 'decay' then
        wait = math.max(1, math.ceil(over / perMs))
      else
        table.sort(slices, function(a, b) return a[1] < b[1] end)
        for j = 1, #slices do
          over = over - slices[j][2]
          if over <= 0 then
            wait = math.max(1, (slices[j][1] + ${SLICES + 1}) * sliceMs - now)
            break
          end
        end
        if not wait then wait = ${SLICES + 1} * sliceMs * (1 + math.ceil(over / ceiling)) end
      end
      if lacking == 0 then lacking = i end
      lacks[i] = true
      waitMs = math.max(waitMs, wait)
    end
  end
  found[i] = {kind, counter, used, index, stale, points, capacity, perMs, sliceMs}
end

if lacking > 0 then
  waitMs = math.min(${LONGEST_WAIT_MS}, math.max(${SHORTEST_WAIT_MS}, waitMs))
  for i = 1, n do
    local line, due, needs = lineOf(i)
    if id == '' then
      break
    elseif waitMs > patience then
      if waits[i] then strike(i, {id}) end
    elseif places[i] or (lacks[i] and redis.call('ZCARD', line) < ${LONGEST_LINE}) then
      redis.call('ZADD', line, string.format('%.0f', stands or (rank * ${CLASS_STEP} + now)), id)
      redis.call('ZADD', due, string.format('%.0f', now + waitMs), id)
      redis.call('HSET', needs, id, ARGV[5 + (i - 1) * 7 + 6])
      for _, key in ipairs({line, due, needs}) do redis.call('PEXPIRE', key, ${LONGEST_WAIT_MS + 2 * GRACE_MS}) end
    end
  end
  return {0, waitMs, 'full', tostring(lacking), 0}
end

for i = 1, n do
  local kind, counter, used, index, stale, points, capacity, perMs, sliceMs = unpack(found[i])
  if places[i] then strike(i, {id}) end
  if kind == 'window' then
    if #stale > 0 then redis.call('HDEL', counter, unpack(stale)) end
    redis.call('HINCRBY', counter, string.format('%.0f', index), points)
    redis.call('PEXPIRE', counter, string.format('%.0f', ${SLICES + 2} * sliceMs))
  else
    local value = math.min(used + points, capacity * ${HIGHEST_DEBT})
    redis.call('HSET', counter, 'v', string.format('%.17g', value), 't', string.format('%.0f', now))
    redis.call('PEXPIRE', counter, string.format('%.0f', math.ceil(value / perMs) + 1000))
  end
end
return {1}
`;

/** Strikes one out of lines. KEYS: as of `ASK` without the pauses. ARGV: who leaves. */
export const LEAVE = `
for i = 1, #KEYS, 4 do
  redis.call('ZREM', KEYS[i + 1], ARGV[1])
  redis.call('ZREM', KEYS[i + 2], ARGV[1])
  redis.call('HDEL', KEYS[i + 3], ARGV[1])
end
return 1
`;

/**
 * Pauses classes of one key or of everybody; a longer pause that is known stays.
 *
 * KEYS: pauses of the place. ARGV: now in ms ('' = TIME), for how long in ms, who ('*': everybody), reason, ranks….
 */
export const PAUSE = `
local now = tonumber(ARGV[1])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local latest = now + tonumber(ARGV[2])
local untilText = string.format('%.0f', latest)
for i = 5, #ARGV do
  local field = ARGV[3] .. '|' .. ARGV[i]
  local known = redis.call('HGET', KEYS[1], field)
  local knownUntil = known and tonumber(string.match(known, '^%d+')) or 0
  if knownUntil < latest then redis.call('HSET', KEYS[1], field, untilText .. '|' .. ARGV[4]) end
end
local all = redis.call('HGETALL', KEYS[1])
for j = 1, #all, 2 do
  local ends = tonumber(string.match(all[j + 1], '^%d+'))
  if ends <= now then redis.call('HDEL', KEYS[1], all[j]) else latest = math.max(latest, ends) end
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', latest + 1000))
return latest
`;
