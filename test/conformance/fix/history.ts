import type { Expect, Scenario } from './format.ts';
import { ScenarioSchema } from './format.ts';

/**
 * A sell side that keeps an order as FIX says and writes its history down as a scenario: what it was sent, what it
 * reports, and the status that the precedence table gives. It shares nothing with the machine that is tested.
 */
export type Act =
  | 'acknowledge'
  | 'fill'
  | 'finish'
  | 'sendCancel'
  | 'sendReplace'
  | 'pend'
  | 'apply'
  | 'refuse'
  | 'cancelUnasked'
  | 'expire'
  | 'restate'
  | 'bust'
  | 'correct'
  | 'tellStatus'
  | 'resend'
  | 'duplicate';
export const ACTS: readonly Act[] = [
  'acknowledge',
  'fill',
  'finish',
  'sendCancel',
  'sendReplace',
  'pend',
  'apply',
  'refuse',
  'cancelUnasked',
  'expire',
  'restate',
  'bust',
  'correct',
  'tellStatus',
  'resend',
  'duplicate',
];
export interface Choice {
  readonly act: Act;
  readonly pick: number;
  readonly size: number;
}

interface Request {
  readonly id: string;
  readonly kind: 'Cancel' | 'Replace';
  readonly size: number;
  pending: boolean;
}
type Raw = Record<string, unknown>;

/** One order of the sell side. `client` is false for one that came by telephone: it has no client id. */
export class SellSide {
  readonly steps: Raw[] = [];
  readonly #name: string;
  readonly #client: boolean;
  #size = 100;
  #acknowledged = false;
  #end: 'Canceled' | 'Expired' | null = null;
  #requests: Request[] = [];
  readonly #executions = new Map<string, number>();
  /** A total that was raised to the fills: what a bust would make of it is not printed anywhere. */
  #raised = false;
  #ids: string[];
  #count = 0;
  #news = 1;

  constructor(name: string, client: boolean) {
    this.#name = name;
    this.#client = client;
    this.#ids = [name];
    if (client) this.steps.push(this.#fromClient('New', name, { orderQty: this.#size }));
    else this.#report('New', { acknowledged: true });
  }

  act({ act, pick, size }: Choice): void {
    const request = this.#requests[pick % Math.max(1, this.#requests.length)];
    const over = this.#end !== null;
    switch (act) {
      case 'acknowledge':
        if (!this.#acknowledged && !over) this.#report('New', { acknowledged: true });
        return;
      case 'fill':
        return this.#fill(size);
      case 'finish':
        return this.#fill(this.#size - this.#filled);
      case 'sendCancel':
        return this.#send('Cancel', 0);
      case 'sendReplace':
        return this.#send('Replace', size * 20);
      case 'pend':
        if (request !== undefined && !over) this.#pend(request);
        return;
      case 'apply':
        if (request !== undefined && !over) this.#apply(request);
        return;
      case 'refuse':
        if (request !== undefined && !over) this.#refuse(request);
        return;
      case 'cancelUnasked':
      case 'expire':
        return this.#endBy(act === 'expire' ? 'Expired' : 'Canceled', this.#lastId);
      case 'restate':
        return this.#restate(size * 20);
      case 'bust':
      case 'correct':
        return this.#change(act, pick, size);
      case 'tellStatus':
        return this.#tellStatus();
      case 'resend':
      case 'duplicate':
        return this.#again(act === 'resend');
    }
  }

  get #filled(): number {
    return [...this.#executions.values()].reduce((total, size) => total + size, 0);
  }
  get #full(): boolean {
    return this.#filled > 0 && this.#filled >= this.#size;
  }
  get #lastId(): string | undefined {
    return this.#client ? this.#ids.at(-1) : undefined;
  }

  /** The highest of what holds at once, by the precedence table of FIX. */
  get #status(): Expect['ordStatus'] {
    if (this.#end === null && this.#requests.some(({ kind, pending }) => pending && kind === 'Cancel'))
      return 'PendingCancel';
    if (this.#end === null && this.#requests.some(({ pending }) => pending)) return 'PendingReplace';
    if (this.#full) return 'Filled';
    if (this.#end !== null) return this.#end;
    if (this.#filled > 0) return 'PartiallyFilled';
    return this.#acknowledged ? 'New' : 'PendingNew';
  }

  get #expected(): Expect {
    const left = this.#end === null ? Math.max(0, this.#size - this.#filled) : 0;
    const shown = { orderQty: this.#size, cumQty: this.#filled, leavesQty: left };
    return { order: this.#client ? this.#name : `V-${this.#name}`, ordStatus: this.#status, ...shown };
  }

  #fromClient(message: string, id: string, feed?: Raw, origId?: string): Raw {
    const base = { t: this.#label(), path: 'main', from: 'client', message, id };
    return { ...base, ...(origId === undefined ? {} : { origId }), ...(feed === undefined ? {} : { feed }) };
  }

  #label(): string {
    return `${this.#name}${this.steps.length + 1}`;
  }

  #report(execType: string, opts: { id?: string | undefined; feed?: Raw; acknowledged?: boolean; refused?: Raw } = {}) {
    this.#acknowledged ||= opts.acknowledged === true;
    const id = opts.id ?? this.#lastId;
    const { orderQty, cumQty, leavesQty } = this.#expected;
    this.steps.push({
      ...{ t: this.#label(), path: 'main', from: 'venue', message: 'ExecutionReport', venueOrderId: `V-${this.#name}` },
      ...(id === undefined ? {} : { id }),
      feed: { execType, ...opts.feed, orderQty, cumQty, leavesQty },
      expect: { ...this.#expected, ...(opts.refused === undefined ? {} : { refused: opts.refused }) },
    });
  }

  #fill(size: number): void {
    if (size <= 0 || this.#filled + size > this.#size) return;
    this.#count += 1;
    this.#executions.set(`E${this.#name}${this.#count}`, size);
    this.#report('Trade', { feed: { execId: `E${this.#name}${this.#count}`, lastQty: size }, acknowledged: true });
  }

  /** Nothing is sent that our own side would refuse: after a cancel no replace, after an end nothing. */
  #send(kind: Request['kind'], size: number): void {
    const cancelling = this.#requests.some((request) => request.kind === 'Cancel');
    if (!this.#client || this.#end !== null || (kind === 'Cancel' ? this.#full : cancelling || size <= this.#filled))
      return;
    this.#count += 1;
    const id = `${kind}${this.#name}${this.#count}`;
    this.steps.push(this.#fromClient(kind, id, kind === 'Replace' ? { orderQty: size } : undefined, this.#ids.at(-1)));
    this.#requests.push({ id, kind, size, pending: false });
  }

  #pend(request: Request): void {
    request.pending = true;
    this.#report(request.kind === 'Cancel' ? 'PendingCancel' : 'PendingReplace', { id: request.id });
  }

  #apply(request: Request): void {
    if (request.kind === 'Cancel') return this.#endBy('Canceled', request.id);
    // A chain is worked off in the order in which it was sent: a later change builds on the one before it.
    if (request !== this.#requests.find(({ kind }) => kind === 'Replace')) return;
    this.#requests = this.#requests.filter((other) => other !== request);
    this.#raised ||= request.size < this.#filled;
    this.#size = Math.max(request.size, this.#filled);
    this.#ids.push(request.id);
    this.#report('Replaced', { id: request.id, acknowledged: true });
  }

  #refuse(request: Request): void {
    this.#requests = this.#requests.filter((other) => other !== request);
    this.steps.push({
      ...{ t: this.#label(), path: 'main', from: 'venue', message: 'CancelReject', venueOrderId: `V-${this.#name}` },
      ...{ id: request.id, origId: this.#ids.at(-1), feed: { respondsTo: request.kind } },
      expect: { ...this.#expected, refused: { message: request.kind, id: request.id } },
    });
  }

  #endBy(end: 'Canceled' | 'Expired', id: string | undefined): void {
    if (this.#end !== null || this.#full) return;
    this.#end = end;
    this.#requests = [];
    this.#report(end, { id });
  }

  #restate(size: number): void {
    if (this.#end !== null || size <= this.#filled) return;
    this.#size = size;
    this.#raised = false;
    this.#report('Restated', { feed: { restatementReason: 'VerbalChange' }, acknowledged: true });
  }

  #change(act: 'bust' | 'correct', pick: number, size: number): void {
    const execution = [...this.#executions.keys()][pick];
    if (execution === undefined || this.#raised) return;
    const others = this.#filled - (this.#executions.get(execution) ?? 0);
    if (act === 'correct' && others + size > this.#size) return;
    this.#count += 1;
    const execId = `E${this.#name}${this.#count}`;
    this.#executions.delete(execution);
    if (act === 'correct') this.#executions.set(execId, size);
    const feed = { execId, execRefId: execution, ...(act === 'correct' ? { lastQty: size } : {}) };
    this.#report(act === 'bust' ? 'TradeCancel' : 'TradeCorrect', { feed });
  }

  #tellStatus(): void {
    if (this.#client) this.steps.push(this.#fromClient('StatusRequest', this.#name));
    this.#report('OrderStatus', { feed: { reportedStatus: this.#status } });
  }

  #again(possResend: boolean): void {
    if (!this.#client) return;
    this.#news += 1;
    this.steps.push(this.#fromClient('New', this.#name, { orderQty: 100, possResend }));
    if (possResend) return this.#report('OrderStatus', { feed: { reportedStatus: this.#status } });
    const refused = { message: 'New', id: this.#name, nth: this.#news };
    this.#report('Rejected', { id: this.#name, feed: { ordRejReason: 'DuplicateOrder(6)' }, refused });
  }
}

/** Two orders of one sell side, told alternately: neither may move when the other is spoken of. */
export function historyOf(choices: readonly (Choice & { readonly second: boolean })[], byTelephone: boolean): Scenario {
  const orders = [new SellSide('X', true), new SellSide('A', !byTelephone)] as const;
  const steps: Raw[] = orders.flatMap((order) => order.steps.splice(0));
  for (const choice of choices) {
    const [told, other] = choice.second ? [orders[1], 'X'] : [orders[0], byTelephone ? 'V-A' : 'A'];
    told.act(choice);
    for (const step of told.steps.splice(0))
      steps.push('expect' in step ? { ...step, expect: { ...(step['expect'] as Expect), unchanged: [other] } } : step);
  }
  const labelled = steps.map((step, index) => ({ ...step, t: String(index + 1) }));
  return ScenarioSchema.parse({ id: 'H', group: '', title: '', spec: '', features: [], steps: labelled });
}
