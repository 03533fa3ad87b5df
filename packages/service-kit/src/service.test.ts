import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { ChildProcess } from 'node:child_process';

const kit = new URL('./index.ts', import.meta.url).href;
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

/** Runs `main` as a real process, as the runner does: the channel is IPC when `ipc`, else standard output. */
function start(main: string, options: { ipc?: boolean; env?: Record<string, string> } = {}): Started {
  const code = `import { runService, ConfigurationError } from ${JSON.stringify(kit)};
    await runService({ name: 'probe', shutdownDeadlineMs: 300, main: async (context) => { ${main} } });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: options.ipc === true ? ['ignore', 'pipe', 'inherit', 'ipc'] : ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  children.push(child);
  if (child.stdout === null) throw new Error('no standard output');
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  // Not 'close': it does not come after a disconnect.
  const ended = Promise.all([once(child, 'exit'), once(child.stdout, 'close')]).then(() => child.exitCode);
  return { child, output: () => text, ended };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const RUN_FOR_EVER = 'setInterval(() => {}, 1000);';

describe('runService', () => {
  test('announces ready on the channel, closes in reverse order on SIGTERM, exits 0', async () => {
    const { child, output, ended } = start(
      `${RUN_FOR_EVER}
       context.shutdown.defer('first', () => console.log('close first'));
       context.shutdown.defer('second', () => console.log('close second'));
       return { port: 7 };`,
      { ipc: true },
    );
    const [message] = (await once(child, 'message')) as [unknown];
    expect(message).toMatchObject({ type: 'ready', service: 'probe', port: 7 });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output().indexOf('close second')).toBeGreaterThan(0);
    expect(output().indexOf('close first')).toBeGreaterThan(output().indexOf('close second'));
  });

  test('without a channel one JSON line says ready; an unhandled rejection does not end it', async () => {
    const { child, output, ended } = start(
      `${RUN_FOR_EVER} Promise.reject(new Error('socket gone')); return { a: 1 };`,
    );
    await until(() => output().includes('{"ready":true,"service":"probe"') && output().includes('unhandled rejection'));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  test('an uncaught exception closes everything, then exit code 1', async () => {
    const { output, ended } = start(
      `context.shutdown.defer('lease', () => console.log('released'));
       setTimeout(() => { throw new Error('boom'); }, 1); ${RUN_FOR_EVER}`,
    );
    expect(await ended).toBe(1);
    expect(output()).toContain('released');
  });

  test('a hanging step does not outlive the deadline', async () => {
    const { child, output, ended } = start(
      `${RUN_FOR_EVER}
       context.shutdown.defer('database', () => console.log('database closed'));
       context.shutdown.defer('hanging', () => new Promise(() => {}));`,
    );
    await until(() => output().includes('"ready":true'));
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
    expect(output()).toContain('database closed');
  });

  test('a wrong environment exits with 78, another failed start with 1', async () => {
    const misconfigured = start(`throw new ConfigurationError(['X is missing']);`);
    const broken = start(`throw new Error('no database');`);
    expect(await misconfigured.ended).toBe(78);
    expect(await broken.ended).toBe(1);
  });

  test('ends when the channel to its parent closes', async () => {
    const { child, ended } = start(RUN_FOR_EVER, { ipc: true, env: { ORDERPLANE_PARENT_PID: String(process.pid) } });
    await once(child, 'message');
    child.disconnect();
    expect(await ended).toBe(0);
  });
});
