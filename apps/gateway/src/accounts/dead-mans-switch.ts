import { redactText } from '@orderplane/service-kit';
import { isStanding } from '@orderplane/store';
import type { AccountResolvers } from '../schema/types.generated.ts';

/** One that is off and surely not armed at the exchange is as good as none. */
export const deadMansSwitch: NonNullable<AccountResolvers['deadMansSwitch']> = async (
  { id },
  _,
  { loaders, ports },
) => {
  const one = await loaders.deadMansSwitch.load(id);
  if (one === null || !isStanding(one, ports.clock.iso())) return null;
  return {
    timeoutSeconds: one.timeoutSeconds,
    armedUntil: one.armed?.until ?? null,
    refreshedAt: one.armed?.refreshedAt ?? null,
    lastError: redactText(one.lastError ?? '') || null,
  };
};
