import { spoil, spoilText, VALID } from './documents.ts';
import { pick, type Random } from './random.ts';

/** Messages of a WebSocket client that does not keep to the protocol. */
export const messages = (random: Random, count: number): readonly (string | Buffer)[] => {
  const fixed = [
    '',
    'x',
    '{',
    '[]',
    'null',
    '{}',
    '{"type":1}',
    '{"type":"x"}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","id":"1","payload":{}}',
    '{"type":"subscribe","id":"","payload":{"query":"{ accounts { id } }"}}',
    '{"type":"subscribe","id":"1","payload":{"query":1}}',
    '{"type":"connection_init"}',
    '{"type":"complete","id":"nothing"}',
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"ping","payload":1}',
    Buffer.from([0, 1, 2, 255]),
    JSON.stringify({ type: 'subscribe', id: 'x'.repeat(1_000), payload: { query: '{', variables: 'x' } }),
    'x'.repeat(200_000),
  ];
  const made = Array.from({ length: count - fixed.length }, (_, n) => {
    const { query, variables: good } = pick(random, VALID);
    const payload =
      random() < 0.5 ? { query: spoilText(random, query), variables: good } : { query, variables: spoil(random, good) };
    return JSON.stringify({ type: 'subscribe', id: String(n), payload });
  });
  return [...fixed, ...made];
};
