/** What the envelope of a service key is bound to: this and its name. No account id begins like it. */
export const SERVICE_KEY_PREFIX = 'service-key:';
