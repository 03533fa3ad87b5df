import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newest } from './newest.ts';

test('finds the last of any number of rounds with few reads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 1_000_000 })), async (count) => {
      let reads = 0;
      const last = await newest((round) => {
        reads += 1;
        return Promise.resolve(round < count ? `round ${round}` : null);
      });
      expect(last).toBe(count === 0 ? null : `round ${count - 1}`);
      expect(reads).toBeLessThanOrEqual(2 * Math.log2(count + 1) + 3);
    }),
  );
});
