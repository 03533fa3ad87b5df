import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EXCHANGE_IDS, ExchangeIdSchema } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { capabilitiesOf, drawCredentials } from '@orderplane/exchange/capabilities';
import { createApiToken, generateMasterKey } from '@orderplane/store';
import { z } from 'zod';
import { EXIT, Failure } from '../bootstrap/failure.mjs';
import { writeFileAtomically } from './files.ts';

const UserSchema = z.object({ userId: z.string(), tokenId: z.string(), token: z.string() });
const AccountSchema = z.object({
  id: z.string(),
  exchange: ExchangeIdSchema,
  label: z.string(),
  apiKey: z.string(),
  secret: z.string(),
  passphrase: z.string().exactOptional(),
});

/** Drawn at the first start of a home and kept there (mode 0600), so that later starts have the same tokens and accounts. */
const SecretsSchema = z.object({
  /** "id:base64", seals the exchange credentials in the database. */
  masterKey: z.string(),
  /** "id:base64", seals orders in the database and jobs in Redis. A home from before it gets one. */
  dataKey: z.string().default(''),
  postgresPassword: z.string(),
  redisPassword: z.string(),
  admin: UserSchema,
  trader: UserSchema,
  /** PAPER accounts of the trader, one per exchange. */
  accounts: z.array(AccountSchema),
});
export type Secrets = z.infer<typeof SecretsSchema>;

const newUser = (): z.infer<typeof UserSchema> => ({
  userId: randomUUID(),
  tokenId: randomUUID(),
  token: createApiToken().token,
});

const newAccount = (exchange: ExchangeId): Secrets['accounts'][number] => ({
  id: randomUUID(),
  exchange,
  label: `paper ${exchange}`,
  ...drawCredentials(capabilitiesOf(exchange).credentials),
});

const newSecrets = (): Secrets => ({
  masterKey: generateMasterKey('local1'),
  dataKey: generateMasterKey('local1'),
  postgresPassword: randomBytes(18).toString('base64url'),
  redisPassword: randomBytes(18).toString('base64url'),
  admin: newUser(),
  trader: newUser(),
  accounts: EXCHANGE_IDS.map(newAccount),
});

/** A home from before an exchange was added gets its account, one from before orders could be sealed its key. */
async function completed(file: string, secrets: Secrets): Promise<Secrets> {
  const known = new Set(secrets.accounts.map(({ exchange }) => exchange));
  const missing = EXCHANGE_IDS.filter((exchange) => !known.has(exchange));
  if (missing.length === 0 && secrets.dataKey !== '') return secrets;
  const dataKey = secrets.dataKey === '' ? generateMasterKey('local1') : secrets.dataKey;
  const whole = { ...secrets, dataKey, accounts: [...secrets.accounts, ...missing.map(newAccount)] };
  await writeFileAtomically(file, `${JSON.stringify(whole, null, 2)}\n`, 0o600);
  return whole;
}

/** Throws Failure when the file is damaged: the accounts' credentials in the database could not be opened without it. */
export async function loadSecrets(file: string): Promise<Secrets> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    const secrets = newSecrets();
    await writeFileAtomically(file, `${JSON.stringify(secrets, null, 2)}\n`, 0o600);
    return secrets;
  }
  try {
    return await completed(file, SecretsSchema.parse(JSON.parse(text)));
  } catch (cause) {
    throw new Failure(
      EXIT.configuration,
      `${file} is damaged.`,
      ['Restore it from a copy; without it start with a new home: npm start -- --home DIR.'],
      cause,
    );
  }
}
