import {
  CONFIGURATION_EXIT_CODE,
  ConfigurationError,
  createLogger,
  readEnvironment,
  watchParent,
} from '@orderplane/service-kit';
import { EnvironmentSchema, type Environment } from './environment.ts';
import { startSimulator } from './simulator.ts';

function configuration(): Environment {
  try {
    return readEnvironment(EnvironmentSchema);
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause;
    process.stderr.write(`${cause.message}\n`);
    process.exit(CONFIGURATION_EXIT_CODE);
  }
}

const environment = configuration();
const log = createLogger({ service: 'venue-simulator', level: environment.LOG_LEVEL });
const simulator = await startSimulator({
  port: environment.SIMULATOR_PORT,
  host: environment.SIMULATOR_HOST,
  ...(environment.SIMULATOR_HOME === undefined ? {} : { home: environment.SIMULATOR_HOME }),
  seed: environment.SIMULATOR_SEED,
  onFatal: (cause) => {
    const home = environment.SIMULATOR_HOME ?? '';
    log.fatal({ err: cause }, `the exchanges can't write what happened to ${home}: is the disk full?`);
    process.exit(1);
  },
  log: (message, fields) => log.info(fields ?? {}, message),
}).catch((cause: unknown) => {
  log.fatal({ err: cause }, 'the venue simulator could not start');
  process.exit(1);
});
process.stdout.write(`${JSON.stringify({ ready: true, port: simulator.port })}\n`);

let isStopping = false;
const stop = (reason: string): void => {
  if (isStopping) return;
  isStopping = true;
  log.info({ reason }, 'stopping');
  stopWatching();
  simulator.close().then(
    () => process.exit(0),
    (cause: unknown) => {
      log.error({ err: cause }, 'stopping failed');
      process.exit(1);
    },
  );
};
const stopWatching = watchParent(stop);
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
