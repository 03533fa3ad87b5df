import type { VenueAnswer, VenueRefusals } from '../protocol.ts';

/** A request that Kraken refuses. `text` is the whole error string of the answer. */
export class KrakenRefusal extends Error {
  readonly text: string;
  constructor(text: string) {
    super(text);
    this.name = 'KrakenRefusal';
    this.text = text;
  }
}

export const refuse = (text: string): never => {
  throw new KrakenRefusal(text);
};
export const badArgument = (name: string): never => refuse(`EGeneral:Invalid arguments:${name}`);

export const success = (result: unknown): VenueAnswer => ({
  status: 200,
  body: JSON.stringify({ error: [], result }),
});
/** Kraken refuses with HTTP 200. */
export const refused = (text: string, status = 200): VenueAnswer => ({
  status,
  body: JSON.stringify({ error: [text] }),
});

const htmlPage = (status: number): VenueAnswer => ({
  status,
  body: `<!DOCTYPE html><html><head><title>api.kraken.com | ${status}</title></head><body><h1>Error ${status}</h1><p>cloudflare</p></body></html>`,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
});

/** `n` counts from 1. */
const pick = (texts: readonly [string, ...string[]], n: number): VenueAnswer =>
  refused(texts[Math.max(0, n - 1) % texts.length] ?? texts[0]);

export const REFUSALS: VenueRefusals = {
  rateLimit: (n) => pick(['EAPI:Rate limit exceeded', 'EOrder:Rate limit exceeded', 'EGeneral:Too many requests'], n),
  authFail: (n) => pick(['EAPI:Invalid key', 'EGeneral:Permission denied', 'EAPI:Invalid signature'], n),
  maintenance: (n) => pick(['EService:Unavailable', 'EService:Market in cancel_only mode'], n),
  // The proxy in front answers with its own page; the service behind it with JSON.
  serverError: (status, n) => (n % 2 === 1 ? htmlPage(status) : refused('EGeneral:Internal error', status)),
};
