import { expect, test } from 'vitest';
import { Lanes } from './lanes.ts';

interface Item {
  readonly key: string;
  readonly fails?: boolean;
}

/** Lanes whose goes end when the test says so. */
function rig(maxItems = 10) {
  const goes: { readonly keys: readonly string[]; readonly end: (cause?: Error) => void }[] = [];
  const lanes = new Lanes<Item, string>({
    run: (items) =>
      new Promise((resolve, reject) => {
        const keys = items.map(({ key }) => key);
        const end = (cause?: Error): void =>
          cause === undefined ? resolve(keys.map((key) => `${key} done`)) : reject(cause);
        goes.push({ keys, end });
      }),
    keyOf: ({ key }) => key,
    isFaultOfOne: (cause) => cause instanceof RangeError,
    maxItems,
  });
  const next = async (cause?: Error): Promise<readonly string[]> => {
    const go = goes.shift();
    go?.end(cause);
    await new Promise((resolve) => setImmediate(resolve));
    return go?.keys ?? [];
  };
  return { lanes, goes, next };
}

test('the first goes at once, what comes meanwhile goes together, in order', async () => {
  const { lanes, goes, next } = rig();
  const first = lanes.add('lane', { key: 'a' });
  expect(goes.map(({ keys }) => keys)).toEqual([['a']]);
  const others = ['b', 'c', 'd'].map((key) => lanes.add('lane', { key }));
  expect(goes).toHaveLength(1);
  await next();
  expect(await first).toBe('a done');
  expect(await next()).toEqual(['b', 'c', 'd']);
  expect(await Promise.all(others)).toEqual(['b done', 'c done', 'd done']);
});

test('lanes do not wait for each other', async () => {
  const { lanes, goes, next } = rig();
  const both = [lanes.add('one', { key: 'a' }), lanes.add('two', { key: 'b' })];
  expect(goes).toHaveLength(2);
  await next();
  await next();
  expect(await Promise.all(both)).toEqual(['a done', 'b done']);
});

test('one key at a time, and no more items than allowed', async () => {
  const { lanes, next } = rig(2);
  const all = ['a', 'b', 'b', 'c', 'd'].map((key) => lanes.add('lane', { key }));
  expect([await next(), await next(), await next(), await next()]).toEqual([['a'], ['b', 'c'], ['b', 'd'], []]);
  expect(await Promise.all(all)).toHaveLength(5);
});

test('when one may be at fault each is tried alone', async () => {
  const { lanes, next } = rig();
  const first = lanes.add('lane', { key: 'a' });
  const [good, bad] = [lanes.add('lane', { key: 'b' }), lanes.add('lane', { key: 'c' })];
  const refused = expect(bad).rejects.toThrow('c is wrong');
  await next();
  await first;
  expect(await next(new RangeError('one of them'))).toEqual(['b', 'c']);
  expect(await next()).toEqual(['b']);
  expect(await next(new RangeError('c is wrong'))).toEqual(['c']);
  expect(await good).toBe('b done');
  await refused;
});

test('any other failure is told to all, and the lane goes on', async () => {
  const { lanes, next } = rig();
  const first = lanes.add('lane', { key: 'a' });
  const others = ['b', 'c'].map((key) => expect(lanes.add('lane', { key })).rejects.toThrow('gone'));
  await next();
  await first;
  await next(new Error('gone'));
  await Promise.all(others);
  const later = lanes.add('lane', { key: 'd' });
  await next();
  expect(await later).toBe('d done');
});
