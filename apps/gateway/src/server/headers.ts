import type { RequestHandler, Response } from 'express';

const HEADERS: Readonly<Record<string, string>> = {
  // Answers are the caller's own, and no page: nobody keeps, frames, sniffs or embeds them.
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
/** A year (RFC 6797); only where TLS is known to end before us. */
const HSTS = 'max-age=31536000; includeSubDomains';

/** `behindProxy`: what a proxy says of the scheme is believed. */
export const securityHeaders =
  (behindProxy: boolean): RequestHandler =>
  (request, response, next) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (behindProxy && request.headers['x-forwarded-proto'] === 'https')
      response.setHeader('strict-transport-security', HSTS);
    next();
  };

type Refuse = (response: Response, status: number, code: 'FORBIDDEN', message: string) => void;

/** Pages of the listed origins may ask (Fetch standard, CORS); those of others are refused before anything is looked at. */
export function crossOrigin(origins: readonly string[], refuse: Refuse): RequestHandler {
  const allowed = new Set(origins);
  return (request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin');
    if (origin === undefined) return next();
    if (!allowed.has(origin))
      return refuse(response, 403, 'FORBIDDEN', 'pages of this origin may not ask: CORS_ORIGINS lists those that may');
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', 'Retry-After, X-Request-Id');
    if (request.method !== 'OPTIONS') return next();
    response.setHeader('access-control-allow-methods', 'POST');
    // The last two name the request in the logs and in the caller's trace, as every other caller's do.
    response.setHeader('access-control-allow-headers', 'authorization, content-type, x-request-id, traceparent');
    response.setHeader('access-control-max-age', '600');
    response.status(204).end();
  };
}
