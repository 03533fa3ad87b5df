import { expect, test } from 'vitest';
import { parseStartArguments } from './arguments.ts';
import { EXIT, Failure } from './bootstrap/failure.mjs';

test('defaults and flags', () => {
  expect(parseStartArguments([], '/root')).toEqual({ port: 4000, home: '/root/.orderplane', simulator: true });
  expect(parseStartArguments(['--port', '0', '--home', '/x', '--no-simulator'], '/root')).toEqual({
    port: 0,
    home: '/x',
    simulator: false,
  });
});

test.each([
  [['--port', 'x']],
  [['--port', '70000']],
  [['--port=-1']],
  [['--prot', '1']],
  [['--home', '']],
  [['extra']],
])('%j is refused with the usage', (args) => {
  try {
    parseStartArguments(args, '/root');
    expect.unreachable();
  } catch (cause) {
    expect(cause).toBeInstanceOf(Failure);
    expect((cause as Failure).exitCode).toBe(EXIT.usage);
    expect((cause as Failure).todo.join('\n')).toContain('--home DIR');
  }
});
