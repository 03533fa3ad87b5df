import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { z } from 'zod';

/** What the bench asks of the simulator's operator. Kept-alive, as all other connections here. */

const RequestsSchema = z.object({
  requests: z.array(
    z.object({ number: z.number(), kind: z.string(), clientId: z.string().nullable(), receivedUs: z.number() }),
  ),
});
const PriceSchema = z.object({ executedUs: z.number() });

export class Venue {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #exchange: ExchangeId;

  constructor(url: string, exchange: ExchangeId = 'binance') {
    this.#url = url;
    this.#exchange = exchange;
  }

  /** No limits, and prices that move only when told to: the bench measures nothing else. */
  async calm(): Promise<void> {
    await this.#ask('POST', '/limits', { exchange: this.#exchange, enabled: false });
    for (const exchange of EXCHANGE_IDS) await this.#ask('POST', '/walk', { exchange, running: false });
  }

  async register(apiKey: string, secret: string): Promise<void> {
    await this.#ask('POST', '/accounts', { exchange: this.#exchange, apiKey, secret });
  }

  /** Fills what rests at or above. Gives the moment of the executions, µs. */
  async price(symbol: string, price: string): Promise<number> {
    const answer = await this.#ask('POST', '/price', { exchange: this.#exchange, symbol, price });
    return PriceSchema.parse(answer).executedUs;
  }

  /** Number of the last request that the exchange received; 0 if none. */
  async newestNumber(): Promise<number> {
    const answer = await this.#ask('GET', `/requests?exchange=${this.#exchange}&limit=1`);
    return RequestsSchema.parse(answer).requests.at(-1)?.number ?? 0;
  }

  /** When the exchange had received the newest submission that `isMeant`, µs. Waits for it at most 10 s. */
  async submissionUs(isMeant: (clientId: string) => boolean, after = 0): Promise<number> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await pause(5)) {
      const answer = await this.#ask('GET', `/requests?exchange=${this.#exchange}&limit=8`);
      const found = RequestsSchema.parse(answer).requests.findLast(
        ({ kind, clientId, number }) => kind === 'submit' && number > after && isMeant(clientId ?? ''),
      );
      if (found !== undefined) return found.receivedUs;
    }
    throw new Error('the exchange has not received the order');
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#url}${path}`, { method, agent: this.#agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
