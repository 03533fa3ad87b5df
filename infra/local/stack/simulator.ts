import { getJson, until } from './poll.ts';
import { registerAtSimulator } from './register.ts';
import type { Secrets } from './secrets.ts';
import { SIMULATOR, serviceSpec } from './services.ts';
import type { Supervisor } from './supervisor.ts';

interface SimulatorOptions {
  /** The same at every restart: the services know the address. */
  readonly port: number;
  /** Where the exchanges remember: an exchange does not forget when its process ends. */
  readonly directory: string;
  readonly secrets: Secrets;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the simulated exchanges; ready means that they know the paper accounts' keys. Gives the address. */
export async function startSimulator(supervisor: Supervisor, options: SimulatorOptions): Promise<string> {
  const url = `http://127.0.0.1:${options.port}`;
  const spec = serviceSpec({
    name: SIMULATOR,
    service: SIMULATOR,
    environment: () => ({
      SIMULATOR_PORT: String(options.port),
      SIMULATOR_HOME: options.directory,
      ...options.environment,
    }),
    ready: async ({ ended }) => {
      await until(ended, 25, () => getJson(`${url}/healthz`));
      await registerAtSimulator(url, options.secrets);
      return { http: url };
    },
  });
  await supervisor.start(spec);
  return url;
}
