import { spawn } from 'node:child_process';
import { explain } from './bootstrap/failure.mjs';
import { NODE_FLAGS, ROOT, entryOf, startable } from './stack/services.ts';

/** `npm run service -- NAME`: one service in the foreground, with addresses from the environment. */

try {
  const name = startable(process.argv[2]);
  const child = spawn(process.execPath, [...NODE_FLAGS, entryOf(name), ...process.argv.slice(3)], {
    cwd: ROOT,
    env: { ...process.env, ORDERPLANE_PARENT_PID: String(process.pid) },
    stdio: 'inherit',
  });
  // Ctrl-C reaches the service by itself; what is sent to this process only is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.on('disconnect', () => child.kill('SIGTERM'));
  child.once('error', (cause) => process.exit(explain(cause, `starting ${name}`)));
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
} catch (cause) {
  process.exit(explain(cause, 'starting a service'));
}
