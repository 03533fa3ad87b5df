import { between, chance, pick } from '../support/random.ts';
import type { Random } from '../support/random.ts';

/** Every fault that an exchange can be given, with terms drawn for it. */
type Terms = Readonly<Record<string, unknown>>;

const METHODS = ['submit', 'submit', 'cancel', 'amend', 'query', 'list', 'any'] as const;

/** A few times, for a while, or by chance for a while: a fault by chance has no other end. */
function extent(random: Random, longestMs: number): Terms {
  switch (pick(random, ['times', 'while', 'chance'] as const)) {
    case 'times':
      return { times: between(random, 1, 4) };
    case 'while':
      return { durationMs: between(random, 500, longestMs) };
    case 'chance':
      return { probability: pick(random, [0.2, 0.5, 0.8]), durationMs: between(random, 2_000, 10_000) };
  }
}

const ofRequests = (random: Random): Terms => ({ method: pick(random, METHODS), ...extent(random, 6_000) });
const broad = (random: Random): Terms => ({
  ...(chance(random, 0.5) ? { method: pick(random, METHODS) } : {}),
  ...(chance(random, 0.5) ? { times: between(random, 1, 4) } : { ms: between(random, 500, 6_000) }),
});
const ofStream = (random: Random): Terms =>
  chance(random, 0.5) ? { times: between(random, 1, 20) } : { ms: between(random, 500, 8_000) };

export const FAULTS: Readonly<Record<string, (random: Random) => Terms>> = {
  ackLost: ofRequests,
  dropBeforeAccept: ofRequests,
  // Up to past the deadlines of a submission (5 s) and of a call (8 s).
  delay: (random) => ({ ...ofRequests(random), ms: between(random, 200, 9_500) }),
  delayAnswer: (random) => ({ ...ofRequests(random), ms: between(random, 200, 9_500) }),
  error5xxAfterAccept: ofRequests,
  error5xxBefore: ofRequests,
  bodyStall: (random) => ({ method: pick(random, METHODS), times: between(random, 1, 3) }),
  bodyCut: ofRequests,
  rawAnswer: (random) => ({
    ...{ method: pick(random, METHODS), times: between(random, 1, 3), process: chance(random, 0.5) },
    ...pick(random, [
      { status: 200, body: '', contentType: 'application/json' },
      { status: 200, body: '<html>maintenance</html>', contentType: 'text/html' },
      { status: 502, body: '<html>bad gateway</html>', contentType: 'text/html' },
      { status: 200, body: '{}', contentType: 'application/json' },
    ]),
  }),
  rateLimit: (random) => ({ ...broad(random), retryAfterSeconds: between(random, 1, 4) }),
  authFail: (random) => ({ method: pick(random, METHODS), times: between(random, 1, 3) }),
  maintenance: broad,
  streamDrop: (random) => (chance(random, 0.5) ? {} : { ms: between(random, 500, 8_000) }),
  streamDuplicate: ofStream,
  streamReorder: ofStream,
  streamSilent: ofStream,
  streamDelay: (random) => ({ ms: between(random, 100, 3_000), durationMs: between(random, 1_000, 8_000) }),
  streamGarble: ofStream,
  hideFromOpenOrders: (random) => ({ ms: between(random, 500, 8_000) }),
};
export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);
