import { redactText } from '@orderplane/service-kit';
import type { AccountResolvers } from '../schema/types.generated.ts';

/** A refused key comes first among what there is to say: it is what has to be mended. */
export const health: NonNullable<AccountResolvers['health']> = async ({ id }, _, { loaders }) => {
  const known = await loaders.accountHealth.load(id);
  if (known === null) return null;
  const { reachable, since, keyRefused } = known;
  return {
    reachable,
    since,
    lastError: redactText(keyRefused?.reason ?? known.lastError ?? '') || null,
    keyRefusedSince: keyRefused?.since ?? null,
  };
};
