import https from 'node:https';
import net from 'node:net';
import type { CcxtInstance } from './ccxt.ts';

export interface SimulatorAddress {
  readonly host: string;
  readonly port: number;
}

type Connected = (error: Error | null, socket: net.Socket | null) => void;

/**
 * Sends every socket of one ccxt instance to the venue simulator, REST and WebSocket, and leaves its URLs as they are:
 * signatures, Host headers and ccxt's URL-dependent error maps stay those of the live exchange. Plain HTTP/1.1 flows
 * where TLS would; the Host header tells the simulator which exchange is meant. Every instance needs its own pair, before its first call.
 */
export async function redirectSockets(instance: CcxtInstance, address: SimulatorAddress): Promise<void> {
  const dial = (): net.Socket => net.connect({ host: address.host, port: address.port, noDelay: true });
  await instance.loadFetchImplementation();
  instance.fetchDispatcher = new instance.undiciModule.Agent({
    ...instance.getDispatcherOptions(true),
    connect: (_options: unknown, done: Connected) => {
      const socket = dial();
      const failed = (error: Error): void => done(error, null);
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.off('error', failed);
        done(null, socket);
      });
    },
  });
  instance.agent = new (class extends https.Agent {
    override createConnection(): net.Socket {
      return dial();
    }
  })();
}
