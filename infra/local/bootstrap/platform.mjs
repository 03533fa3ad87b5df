import { EXIT, Failure } from './failure.mjs';

const SUPPORTED = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/** The pinned Node and PostgreSQL come as binaries for these machines only. Throws Failure. */
export function checkPlatform(platform = process.platform, arch = process.arch, glibc = glibcVersion()) {
  const machine = `${platform}-${arch}`;
  if (!SUPPORTED.includes(machine)) {
    throw new Failure(EXIT.platform, `Orderplane runs on Linux and macOS, on x64 and arm64; this is ${machine}.`, [
      platform === 'win32'
        ? 'On Windows use WSL 2 (a Linux inside Windows).'
        : 'Use one of those machines, or a container.',
    ]);
  }
  if (platform === 'linux' && glibc === null) {
    throw new Failure(EXIT.platform, 'This Linux has no glibc (Alpine?); the bundled Node and PostgreSQL need it.', [
      'Use a distribution with glibc: Debian, Ubuntu, Fedora, or the image node:24-bookworm-slim.',
    ]);
  }
}

/** @returns {string | null} null when there is none */
function glibcVersion() {
  if (process.platform !== 'linux') return null;
  // The report would otherwise look up the names of open sockets.
  Object.assign(process.report, { excludeNetwork: true });
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header?.glibcVersionRuntime ?? null;
}
