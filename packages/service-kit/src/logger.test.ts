import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function capture(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ service: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const SECRET = 'hunter2-hunter2';

test.each([
  ['a field', { apiKey: SECRET }],
  ['a nested field', { account: { credentials: { secret: SECRET } }, list: [{ passphrase: SECRET }] }],
  ['headers', { headers: { Authorization: SECRET, 'X-MBX-APIKEY': 'public', cookie: SECRET } }],
  ['a database address', { url: `postgresql://user:${SECRET}@host/db` }],
  ['a signed request', { request: `https://x/api?a=1&signature=${SECRET}` }],
  ['an error', { err: new Error(`at https://x/?apiKey=${SECRET}`, { cause: new Error(`password=${SECRET}`) }) }],
  ['JSON text', { body: JSON.stringify({ secret: SECRET }) }],
  ['the master key', { masterKey: SECRET, ORDERPLANE_MASTER_KEY: SECRET }],
  ['the data key', { dataKey: SECRET, ORDERPLANE_DATA_KEY: SECRET }],
])('no secret in %s', (_, fields) => {
  const [line] = capture((log) => log.info(fields, 'x'));
  expect(JSON.stringify(line)).not.toContain(SECRET);
});

test('no secret in messages, in errors given alone, or in child bindings', () => {
  const lines = capture((log) => {
    log.info(`token=${SECRET}`);
    log.error(new Error(`Bearer ${SECRET}`));
    log.child({ token: SECRET, orderId: 'o1' }).info('child');
  });
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain(SECRET);
  expect(lines[2]).toMatchObject({ orderId: 'o1', service: 'test', level: 'info', msg: 'child' });
});

test('survives cycles and big values', () => {
  const loop: Record<string, unknown> = { amount: 12n };
  loop['self'] = loop;
  const [line] = capture((log) => log.info({ loop }, 'x'));
  expect(line).toMatchObject({ loop: { amount: '12' } });
});
