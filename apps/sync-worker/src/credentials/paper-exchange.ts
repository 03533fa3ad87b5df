import type { ExchangeId } from '@orderplane/domain';
import type { AccountCredentials } from '@orderplane/exchange';
import { z } from 'zod';

const ANSWER_MS = 5_000;
const AdmittedSchema = z.object({ isNew: z.boolean() });

/** The simulated exchange's own side of an account: it takes every key that is brought, as no real one does. */
export interface PaperExchange {
  /** Makes the key known unless it is: then nothing changes. `sameAs`: as a further key of that one's account. Gives whether it is new. */
  admit(exchange: ExchangeId, credentials: AccountCredentials, sameAs: string | null): Promise<boolean>;
  /** The key opens nothing any more. */
  revoke(exchange: ExchangeId, apiKey: string): Promise<void>;
}

/** Over the simulator's operator interface. Errors hold nothing of what was sent. */
export function paperExchange(url: string): PaperExchange {
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!response.ok) throw new Error(`the paper exchange answered ${response.status} to ${path}`);
    return response.json();
  };
  return {
    admit: async (exchange, { apiKey, secret, passphrase }, sameAs) => {
      const key = { exchange, apiKey, secret, ...(passphrase === undefined ? {} : { passphrase }) };
      const body = { ...key, onlyNew: true, ...(sameAs === null ? {} : { sameAs }) };
      return AdmittedSchema.parse(await post('/accounts', body)).isNew;
    },
    revoke: async (exchange, apiKey) => {
      await post('/accounts/revoke', { exchange, apiKey });
    },
  };
}
