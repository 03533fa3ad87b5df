import type { Secrets } from './secrets.ts';

/** Makes the simulated exchanges know the paper accounts' keys. Repeating it changes nothing. */
export async function registerAtSimulator(admin: string, secrets: Secrets): Promise<void> {
  for (const { exchange, apiKey, secret, passphrase } of secrets.accounts) {
    const response = await fetch(`${admin}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ exchange, apiKey, secret, passphrase }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) {
      throw new Error(
        `the simulator did not take the ${exchange} account: ${response.status} ${await response.text()}`,
      );
    }
  }
}
