/**
 * Mutations that set something, and what of their arguments the audit tells when they have: numbers, switches and names of
 * enumerations, none of which can hold a secret. Of all other mutations it tells ids only.
 */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  setPrivacy: ['cacheOpenOrders', 'encryptAtRest', 'historyRetentionDays'],
  setRiskLimits: [
    'maxOrderNotional',
    'maxOpenNotional',
    'maxOpenOrders',
    'priceCollar',
    'rejectDuplicates',
    'maxDataAgeSeconds',
    'requireFreshData',
  ],
  setDeadMansSwitch: ['timeoutSeconds'],
  haltAccount: ['cancelOpen'],
  createApiToken: ['role'],
};
/** A decimal, or a name of an enumeration: nothing longer, and nothing with words in it. */
const SHORT = /^[\w.]{1,40}$/;

/** E.g. "maxOpenOrders 10, priceCollar null"; null: it sets nothing that may be told. */
export function auditSettings(mutation: string, args: Readonly<Record<string, unknown>>): string | null {
  const input = typeof args['input'] === 'object' && args['input'] !== null ? args['input'] : {};
  const given: Readonly<Record<string, unknown>> = { ...args, ...input };
  const told = (TOLD[mutation] ?? []).flatMap((name) => {
    const value = given[name];
    if (value === undefined) return [];
    const isTold = value === null || typeof value === 'number' || typeof value === 'boolean';
    return isTold || (typeof value === 'string' && SHORT.test(value)) ? [`${name} ${String(value)}`] : [];
  });
  return told.length === 0 ? null : told.join(', ');
}
