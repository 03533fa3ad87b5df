import { expect, test } from 'vitest';
import { cancellable, Mailbox, MailboxOverflowError } from './mailbox.ts';

test('messages come in their order, also to a reader that waits', async () => {
  const mailbox = new Mailbox<number>(10, 'fail');
  mailbox.put(1);
  mailbox.put(2);
  expect([await mailbox.next(), await mailbox.next()]).toEqual([1, 2]);
  const waiting = mailbox.next();
  mailbox.put(3);
  expect(await waiting).toBe(3);
});

test('where nothing may be skipped, a full mailbox fails at once', async () => {
  const mailbox = new Mailbox<number>(2, 'fail');
  for (const n of [1, 2, 3, 4]) mailbox.put(n);
  await expect(mailbox.next()).rejects.toBeInstanceOf(MailboxOverflowError);
});

test('where only the newest matters, the oldest is forgotten', async () => {
  const mailbox = new Mailbox<number>(1, 'forgetOldest');
  for (const n of [1, 2, 3]) mailbox.put(n);
  expect(await mailbox.next()).toBe(3);
});

test('closing ends a reader that waits', async () => {
  const mailbox = new Mailbox<number>(1, 'fail');
  const waiting = mailbox.next();
  mailbox.close();
  expect(await waiting).toBeNull();
  mailbox.put(1);
  expect(await mailbox.next()).toBeNull();
});

test('return ends a generator that waits inside, and runs what it must clean up', async () => {
  const mailbox = new Mailbox<number>(1, 'fail');
  let cleaned = false;
  async function* read(): AsyncGenerator<number, void> {
    try {
      for (let n = await mailbox.next(); n !== null; n = await mailbox.next()) yield n;
    } finally {
      cleaned = true;
    }
  }
  const reader = cancellable(read(), () => mailbox.close());
  const waiting = reader.next();
  await reader.return?.();
  expect((await waiting).done).toBe(true);
  expect(cleaned).toBe(true);
});
