import { systemClock } from '@orderplane/service-kit';
import { demandPort, rememberedPorts } from './ports.ts';
import { openHome } from './home.ts';
import type { Home } from './home.ts';
import { LogFiles } from './log-files.ts';
import { SILENT } from './options.ts';
import type { Progress, StackOptions } from './options.ts';
import { RunFile, endLeftovers } from './run-file.ts';
import type { RunInfo } from './run-file.ts';
import { identityOf } from './process-identity.ts';
import { loadSecrets } from './secrets.ts';
import type { Secrets } from './secrets.ts';
import { openServers } from './servers.ts';
import type { Servers } from './servers.ts';
import { SERVICE_NAMES, SIMULATOR, announcedAndReady, serviceSpec } from './services.ts';
import type { ServiceName } from './services.ts';
import { startSimulator } from './simulator.ts';
import { Supervisor } from './supervisor.ts';
import type { Stack } from '../stack.ts';

/** Of the services, only these call exchanges, so only these can open credentials. */
const CALLS_EXCHANGES: readonly ServiceName[] = ['reconciler', 'sync-worker'];

/** Everything that exists once the first steps are done. */
interface Parts {
  readonly home: Home;
  readonly secrets: Secrets;
  readonly runFile: RunFile;
  readonly logs: LogFiles;
  readonly supervisor: Supervisor;
  servers: Servers | null;
  simulatorUrl: string | null;
}

/** The order of `start`: home, servers and simulator at once, schema and accounts, then all services at once. */
export class LocalStack implements Stack {
  readonly #options: StackOptions;
  readonly #progress: Progress;
  readonly #startedAt = systemClock.iso();
  #parts: Parts | null = null;
  /** By name of the process. A port chosen at the first start stays the gateway's through its restarts. */
  readonly #gateways = new Map<string, GatewayAddress>();
  #isRunning = false;
  #stopping: Promise<void> | null = null;

  constructor(options: StackOptions) {
    this.#options = options;
    this.#progress = options.progress ?? SILENT;
    this.#gateways.set('gateway', { port: options.port ?? 0, http: '', ws: '' });
  }

  async start(): Promise<void> {
    try {
      await this.#unlessAborted(this.#startParts());
      this.#isRunning = true;
      await this.#need().runFile.write(this.info);
    } catch (cause) {
      await (this.#options.signal?.aborted === true ? this.stopHard() : this.stop());
      throw cause;
    }
  }

  async #startParts(): Promise<void> {
    const { port = 0, simulator = true } = this.#options;
    const home = await openHome(this.#options.home);
    const parts = await this.#openParts(home).catch(async (cause: unknown) => {
      await home.release();
      throw cause;
    });
    this.#parts = parts;
    const { secrets, supervisor } = parts;
    await endLeftovers(home.runFile);
    if (port !== 0) await demandPort(port);
    const ports = await rememberedPorts(home.portsFile, ['postgres', 'redis', 'simulator']);
    const tasks = [
      openServers(this.#options, { home, secrets, ports, supervisor }, this.#progress).then((servers) => {
        parts.servers = servers;
      }),
      ...(simulator ? [this.#startSimulator(parts, ports.simulator)] : []),
    ];
    await allOrFirstFailure(tasks);
    await this.#progress.run('services', () => this.#startServices(parts));
  }

  async #openParts(home: Home): Promise<Parts> {
    const secrets = await loadSecrets(home.secretsFile);
    const logs = new LogFiles(home.logs);
    const supervisor = new Supervisor(logs, (change) => {
      this.#publish();
      this.#options.onChange?.(change);
    });
    const runFile = new RunFile(home.runFile);
    return { home, secrets, runFile, logs, supervisor, servers: null, simulatorUrl: null };
  }

  async #startSimulator(parts: Parts, port: number): Promise<void> {
    const environment = { ...this.#options.env, ...this.#options.serviceEnv?.[SIMULATOR] };
    parts.simulatorUrl = await this.#progress.run('venue simulator', () =>
      startSimulator(parts.supervisor, {
        port,
        directory: parts.home.file('simulator'),
        secrets: parts.secrets,
        environment,
      }),
    );
  }

  async #startServices(parts: Parts): Promise<void> {
    const wanted = this.#options.services ?? SERVICE_NAMES;
    const starts = SERVICE_NAMES.filter((service) => wanted.includes(service)).flatMap((service) => {
      return Array.from({ length: this.#options.instances?.[service] ?? 1 }, (_, index) => {
        const name = index === 0 ? service : `${service}-${index + 1}`;
        const environment = (): Record<string, string> => this.#environmentOf(service, name, parts);
        const spec = serviceSpec({ name, service, environment, ready: announcedAndReady });
        return parts.supervisor.start(spec).then((info) => {
          if (service === 'gateway') this.#gateways.set(name, gatewayAddress(info));
        });
      });
    });
    await allOrFirstFailure(starts);
  }

  #environmentOf(service: ServiceName, name: string, parts: Parts): Record<string, string> {
    const { servers, simulatorUrl, secrets } = parts;
    if (servers === null) throw new Error('the servers come first');
    const callsExchanges = CALLS_EXCHANGES.includes(service);
    return {
      DATABASE_URL: servers.databaseUrl,
      REDIS_URL: servers.redisUrl,
      ORDERPLANE_DATA_KEY: secrets.dataKey,
      HEALTH_PORT: '0',
      ...(service === 'gateway' ? { PORT: String(this.#gateways.get(name)?.port ?? 0) } : {}),
      ...(callsExchanges ? { ORDERPLANE_MASTER_KEY: secrets.masterKey } : {}),
      ...(callsExchanges && simulatorUrl !== null ? { SIMULATOR_URL: simulatorUrl } : {}),
      ...this.#options.env,
      ...this.#options.serviceEnv?.[service],
    };
  }

  get home(): string {
    return this.#need().home.path;
  }

  get info(): RunInfo {
    const { home, secrets, servers, simulatorUrl, supervisor } = this.#need();
    const gateways = [...this.#gateways.values()].map(({ http, ws }) => ({ http, ws }));
    const [gateway] = gateways;
    return {
      pid: process.pid,
      home: home.path,
      startedAt: this.#startedAt,
      gateway: gateway ?? { http: '', ws: '' },
      gateways,
      adminToken: secrets.admin.token,
      traderToken: secrets.trader.token,
      simulator: simulatorUrl === null ? null : { admin: simulatorUrl },
      postgres: servers?.databaseUrl ?? '',
      redis: servers?.redisUrl ?? '',
      processes: supervisor.all().flatMap(({ name, pid, info, restarts }) => {
        const identity = pid === null ? null : identityOf(pid);
        if (pid === null || identity === null) return [];
        const { health } = info;
        return [{ name, pid, identity, health: typeof health === 'string' ? health : null, restarts }];
      }),
      accounts: secrets.accounts.map(({ id, exchange, label }) => ({ id, exchange, label })),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown((supervisor) =>
      supervisor.stopInOrder([
        (name) => this.#gateways.has(name),
        (name) => ![SIMULATOR, 'redis', 'postgres'].includes(name),
        (name) => name === SIMULATOR,
        (name) => name === 'redis' || name === 'postgres',
      ]),
    );
    return this.#stopping;
  }

  /** Also overtakes a graceful stop that is under way. */
  async stopHard(): Promise<void> {
    const supervisor = this.#parts?.supervisor;
    await supervisor?.stopHard();
    this.#stopping ??= this.#shutDown((all) => all.stopHard());
    await this.#stopping;
  }

  async kill(
    name: string,
    options: { readonly signal?: NodeJS.Signals; readonly stayDown?: boolean } = {},
  ): Promise<void> {
    const managed = this.#need().supervisor.get(name);
    if (options.stayDown === true) await managed.killAndStay(options.signal ?? 'SIGKILL');
    else await managed.kill(options.signal ?? 'SIGKILL');
  }

  async down(name: string): Promise<void> {
    await this.#need().supervisor.get(name).stop();
  }

  async up(name: string): Promise<void> {
    await this.#need().supervisor.get(name).start();
  }

  async restart(name: string): Promise<void> {
    await this.down(name);
    await this.up(name);
  }

  async whenReady(name: string): Promise<void> {
    await this.#need().supervisor.get(name).whenReady();
  }

  logTail(name: string, lines = 20): readonly string[] {
    return this.#need().logs.tail(name, lines);
  }

  async #shutDown(stopProcesses: (supervisor: Supervisor) => Promise<void>): Promise<void> {
    const parts = this.#parts;
    this.#isRunning = false;
    if (parts === null) return;
    await stopProcesses(parts.supervisor);
    await parts.servers?.close();
    await parts.runFile.remove();
    parts.logs.close();
    await parts.home.release();
  }

  #publish(): void {
    if (!this.#isRunning) return;
    this.#need()
      .runFile.write(this.info)
      .catch((cause: unknown) => {
        this.#options.onChange?.({ name: 'run.json', state: 'failed', detail: String(cause) });
      });
  }

  #need(): Parts {
    if (this.#parts === null) throw new Error('the stack was not started');
    return this.#parts;
  }

  /** The work goes on in the background after an abort; stopping everything ends it. */
  async #unlessAborted(work: Promise<void>): Promise<void> {
    const { signal } = this.#options;
    if (signal === undefined) return work;
    work.catch(() => undefined);
    const aborted = new Promise<never>((_, reject) => {
      const abort = (): void => reject(new Error('the start was interrupted'));
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
    await Promise.race([work, aborted]);
  }
}

interface GatewayAddress {
  readonly port: number;
  readonly http: string;
  readonly ws: string;
}

function gatewayAddress({ http, ws }: Readonly<Record<string, unknown>>): GatewayAddress {
  if (typeof http !== 'string' || typeof ws !== 'string') throw new Error('the gateway did not announce its addresses');
  return { port: Number(new URL(http).port), http, ws };
}

/** Waits for all, so that nothing starts behind the back of the stop that follows a failure; then the first failure. */
async function allOrFirstFailure(tasks: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(tasks);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
