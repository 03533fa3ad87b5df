export { startSimulator, DEFAULT_SEED } from './simulator.ts';
export type { Simulator, SimulatorOptions } from './simulator.ts';
export { FAULTS } from './server/faults.ts';
export type { FaultName, FaultRequest } from './server/faults.ts';
export type { ReceivedRequest } from './server/requests.ts';
