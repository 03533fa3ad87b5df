import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the services wrote since a card began: no unhandled error may stand there, and no secret. */
export class LogWatch {
  readonly #directory: string;
  readonly #from = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
    for (const name of readdirSync(directory)) this.#from.set(name, statSync(join(directory, name)).size);
  }

  problems(secrets: readonly string[]): readonly string[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const text = this.#read(name);
      const found: string[] = [];
      if (secrets.some((secret) => text.includes(secret))) found.push(`U7 a secret stands in ${name}`);
      const line = text.split('\n').find((one) => /unhandled|uncaught/i.test(one));
      if (line !== undefined) found.push(`U7 an unhandled error in ${name}: ${line.slice(0, 200)}`);
      return found;
    });
  }

  #read(name: string): string {
    const file = openSync(join(this.#directory, name), 'r');
    try {
      const { size } = fstatSync(file);
      const known = this.#from.get(name) ?? 0;
      // Emptied meanwhile: it had grown too large.
      const from = known > size ? 0 : known;
      const buffer = Buffer.alloc(size - from);
      readSync(file, buffer, 0, buffer.length, from);
      return buffer.toString('utf8');
    } finally {
      closeSync(file);
    }
  }
}
