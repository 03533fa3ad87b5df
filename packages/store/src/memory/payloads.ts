import type { ConvertedBatch, PayloadStore } from '../contracts.ts';

const NOTHING: ConvertedBatch = { next: null, changed: 0, failed: [] };

/** Nothing lies at rest in memory, so there is nothing to seal. */
export class MemoryPayloadStore implements PayloadStore {
  async converting(): Promise<readonly string[]> {
    return [];
  }

  async convert(): Promise<ConvertedBatch> {
    return NOTHING;
  }

  async settle(): Promise<boolean> {
    return true;
  }

  async sealedAccounts(): Promise<readonly string[]> {
    return [];
  }

  async rekey(): Promise<ConvertedBatch> {
    return NOTHING;
  }
}
