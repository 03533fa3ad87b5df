// Loaded before everything else (node --import): a process on a machine whose clock is off by SKEWED_BY_MS.
const RealDate = Date;
const offsetMs = Number(process.env.SKEWED_BY_MS ?? 0);
const now = () => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
