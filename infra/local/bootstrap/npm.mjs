import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { EXIT, Failure } from './failure.mjs';

const NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR|EPROTO)\b/;
const CERTIFICATE =
  /\b(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED_CERT)\b/;

/** Fewer, shorter retries than npm's own: a machine without network is told within seconds, not minutes. */
const NETWORK_FLAGS = [
  '--prefer-offline',
  '--fetch-retries=3',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=6000',
  '--fetch-timeout=120000',
];
/** The same packages whatever the user's npm settings are; no install scripts, the wanted ones are run as steps of ours. */
const COMMON_FLAGS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-progress',
  '--loglevel=error',
  '--include=dev',
  '--include=optional',
];

/**
 * Runs an npm install. Throws a Failure in plain words. A registry that can't be reached is found out by one quick
 * question (npm itself retries for minutes); what npm's cache holds is then still enough.
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<void>}
 */
export async function npmInstall(args, cwd) {
  const ping = await run(['ping', '--loglevel=error', '--fetch-retries=0', '--fetch-timeout=8000'], cwd);
  const offline = ping.code !== 0 && (NETWORK.test(ping.output) || CERTIFICATE.test(ping.output));
  const { code, output } = await run([...args, ...COMMON_FLAGS, ...(offline ? ['--offline'] : NETWORK_FLAGS)], cwd);
  if (code === 0) return;
  const lackOfNetwork = offline && /\b(ENOTCACHED|ENOTFOUND|ETARGET|E404)\b/.test(output);
  throw failureOf(lackOfNetwork ? ping.output : output, await registry(cwd));
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(args, cwd) {
  const { command, prefix } = npmCommand();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...prefix, ...args], {
      cwd,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-60_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    child.once('error', (cause) => {
      const todo = ['Install npm (it comes with Node), then run the command again.'];
      reject(new Failure(EXIT.platform, 'npm could not be run.', todo, cause));
    });
    child.once('close', (code) => {
      process.off('exit', stop);
      resolve({ code, output });
    });
  });
}

/** npm as this command was started by, on a Node that lies outside node_modules: the install removes the one inside. */
function npmCommand() {
  const script = process.env['npm_execpath'];
  const node = [process.env['npm_node_execpath'], process.execPath].find(
    (path) => path !== undefined && !path.includes('node_modules') && existsSync(path),
  );
  if (node === undefined || script === undefined || !/npm-cli\.c?js$/.test(script))
    return { command: 'npm', prefix: [] };
  return { command: node, prefix: [script] };
}

/** Without what an outer `npm run` set about itself: it would change what the inner npm does. */
function cleanEnvironment() {
  const dropped =
    /^(npm_(package|lifecycle|command|node_execpath|config_(loglevel|workspaces?|include_workspace_root|local_prefix|prefix|omit|include|production|dry_run|global|ignore_scripts))|NODE_ENV$)/i;
  const kept = Object.entries(process.env).filter(([name]) => !dropped.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/** @param {string} cwd */
async function registry(cwd) {
  const { output } = await run(['config', 'get', 'registry'], cwd).catch(() => ({ output: '' }));
  return output.trim().split('\n').pop() || 'https://registry.npmjs.org/';
}

/**
 * @param {string} output what npm printed
 * @param {string} registryUrl
 * @returns {Failure}
 */
export function failureOf(output, registryUrl) {
  const tail = output.trim().split('\n').slice(-14).join('\n');
  if (/\b(ENOSPC|EDQUOT)\b/.test(output)) {
    return new Failure(EXIT.diskFull, 'The disk is full: the packages could not be written.', [
      'Free about 1.5 GB (node_modules, npm cache), then run the command again.',
    ]);
  }
  if (CERTIFICATE.test(output)) {
    return new Failure(
      EXIT.unavailable,
      `The certificate of the package registry ${registryUrl} is not trusted here.`,
      ['Behind a company proxy: export NODE_EXTRA_CA_CERTS=/path/to/its-ca.pem, then run the command again.'],
    );
  }
  if (NETWORK.test(output)) {
    return new Failure(
      EXIT.unavailable,
      `No connection to the package registry ${registryUrl} (${NETWORK.exec(output)?.[0]}).`,
      [
        'Check the network; the first start downloads the packages once, later ones need no network.',
        'Behind a proxy: export HTTPS_PROXY=http://host:port. With another registry: npm config set registry URL.',
      ],
    );
  }
  if (/\b(EACCES|EPERM|EROFS)\b/.test(output)) {
    const path = /(?:EACCES|EPERM|EROFS)[^'\n]*'([^']+)'/.exec(output)?.[1];
    return new Failure(EXIT.permission, `npm has no permission to write${path === undefined ? '' : ` ${path}`}.`, [
      'Make the checkout and ~/.npm writable for this user (an earlier "sudo npm" often is the reason: sudo chown -R "$USER" ~/.npm).',
    ]);
  }
  if (/\b(EINTEGRITY)\b/.test(output)) {
    return new Failure(EXIT.failed, `A downloaded package is not the one that package-lock.json names.\n${tail}`, [
      'Run "npm cache clean --force", then the command again; if it stays, the registry or a proxy changes packages.',
    ]);
  }
  if (/can only install packages when your package.json and package-lock.json/.test(output)) {
    return new Failure(EXIT.failed, 'package.json and package-lock.json do not fit together.', [
      'Restore both from git, or after a wanted change run "npm install" and commit the new package-lock.json.',
    ]);
  }
  return new Failure(EXIT.failed, `npm failed:\n${tail}`, [
    'Run the command again; if it stays, "npm ci --ignore-scripts" shows all of it.',
  ]);
}
