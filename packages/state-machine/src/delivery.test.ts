import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, compare, maximum, subtract, sum } from '@orderplane/domain';
import { cumQty, FIX_PROFILE, isOpenRequest, leavesQty, ordStatus, SPOT_PROFILE } from './index.ts';
import type { EventBody, OrderMachine } from './index.ts';
import {
  cancelSent,
  cancelWish,
  CREATED,
  fill,
  Life,
  replaceSent,
  replaceWish,
  SUBMIT,
  terms,
} from './testing/orders.ts';

/**
 * A lawful venue with native amendments tells its story; the reports are delivered in any order, some of them twice.
 * The order must end as if they had come once and in order.
 */
type Choice =
  | 'fill'
  | 'bust'
  | 'correct'
  | 'pendReplace'
  | 'replace'
  | 'refuseReplace'
  | 'pendCancel'
  | 'cancel'
  | 'refuseCancel'
  | 'cancelUnasked'
  | 'expire'
  | 'reject'
  | 'restate'
  | 'activate';

/** How the order came to be. One for an amount of money learns its size from the acknowledgement. */
const LIMIT = { kind: { type: 'LIMIT', timeInForce: 'GTC' }, terms: terms() } as const;
const BIRTHS: Readonly<Record<'ours' | 'money' | 'adopted', readonly [EventBody, readonly EventBody[]]>> = {
  ours: [CREATED, [{ type: 'Validated' }, SUBMIT]],
  money: [{ type: 'Created', ...LIMIT, terms: { ...terms(null), quoteSize: '1000' } }, [{ type: 'Validated' }, SUBMIT]],
  adopted: [{ type: 'Adopted', ...LIMIT, venueClientId: 'C1', venueOrderId: 'V1' }, []],
};

interface Plan {
  readonly born: keyof typeof BIRTHS;
  readonly acknowledge: boolean;
  /** Sizes of the replaces that were sent, in order. */
  readonly replaces: readonly string[];
  readonly cancel: boolean;
  readonly choices: readonly { readonly choice: Choice; readonly pick: number; readonly size: string }[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  born: fc.constantFrom('ours', 'money', 'adopted'),
  acknowledge: fc.boolean(),
  replaces: fc.array(fc.constantFrom('8', '12', '15', '20'), { maxLength: 3 }),
  cancel: fc.boolean(),
  choices: fc.array(
    fc.record({
      choice: fc.constantFrom<Choice>(
        'fill',
        'fill',
        'fill',
        'bust',
        'correct',
        'pendReplace',
        'replace',
        'replace',
        'refuseReplace',
        'pendCancel',
        'cancel',
        'refuseCancel',
        'cancelUnasked',
        'expire',
        'reject',
        'restate',
        'activate',
      ),
      pick: fc.nat(5),
      size: fc.constantFrom('1', '2', '3', '5', '10'),
    }),
    { maxLength: 14, size: 'large' },
  ),
});

const OVER = ['cancelled', 'expired', 'rejected'];

/** The venue: it holds one order and does only what a venue may do. Versions count its changes of the order. */
class Venue {
  readonly reports: EventBody[] = [];
  #size = '10';
  #state = 'open';
  #version = 0;
  #ids = 0;
  readonly #executions = new Map<string, string>();
  /** Everything ever executed, busted or not: a lowered total never falls below it. */
  #gross = '0';
  readonly #replaces: string[];
  readonly #wishes: readonly string[];
  #cancelOpen: boolean;

  constructor({ born, acknowledge, replaces, cancel, choices }: Plan) {
    this.#wishes = replaces;
    this.#replaces = replaces.map((_, index) => `R${index}`);
    this.#cancelOpen = cancel;
    if (born === 'money') this.reports.push({ type: 'Acknowledged', venueOrderId: 'V1', size: this.#size });
    else if (acknowledge) this.reports.push({ type: 'Acknowledged', venueOrderId: 'V1' });
    for (const { choice, pick, size } of choices) this.#act(choice, pick, size);
  }

  get #filled(): string {
    return sum(this.#executions.values());
  }

  #act(choice: Choice, pick: number, size: string): void {
    const over = OVER.includes(this.#state);
    const execution = [...this.#executions.keys()][pick];
    const replace = this.#replaces[0];
    const wished = this.#wishes[this.#wishes.length - this.#replaces.length] ?? '10';
    if (choice === 'fill') this.#fill(size);
    else if (choice === 'bust' && execution !== undefined) this.#bust(execution);
    else if (choice === 'correct' && execution !== undefined) this.#correct(execution, size);
    else if (choice === 'pendReplace' && replace !== undefined && !over)
      this.reports.push({ type: 'ReplacePending', requestId: replace });
    else if (choice === 'replace' && replace !== undefined && !over) this.#replace(replace, wished);
    else if (choice === 'refuseReplace' && replace !== undefined) this.#refuse(replace);
    else if (choice === 'pendCancel' && this.#cancelOpen && !over)
      this.reports.push({ type: 'CancelPending', requestId: 'K' });
    else if (choice === 'refuseCancel' && this.#cancelOpen) this.#refuseCancel();
    else if (!over && this.#hasRest()) this.#change(choice, size);
  }

  #change(choice: Choice, size: string): void {
    if (choice === 'cancelUnasked' || (choice === 'cancel' && this.#cancelOpen)) this.#end('Cancelled');
    if (choice === 'expire') this.#end('Expired');
    // What was executed or changed has been accepted: a venue that rejects it then contradicts itself.
    if (choice === 'reject' && this.#gross === '0' && this.#version === 0) this.#end('Rejected');
    if (choice === 'activate') this.reports.push({ type: 'Activated', venueOrderId: 'V1' });
    if (choice === 'restate') {
      this.#size = maximum(size, this.#gross);
      this.#version += 1;
      this.reports.push({ type: 'Restated', terms: { size: this.#size }, termsVersion: this.#version });
    }
  }

  #hasRest = (): boolean => compare(this.#size, this.#filled) > 0;

  #fill(size: string): void {
    // After a cancel a late execution is lawful; after a reject none is.
    if (this.#state === 'rejected' || compare(add(this.#filled, size), this.#size) > 0) return;
    this.#ids += 1;
    this.#executions.set(`E${this.#ids}`, size);
    this.#gross = add(this.#gross, size);
    this.reports.push(fill(`E${this.#ids}`, size));
  }

  #bust(id: string): void {
    this.#executions.delete(id);
    this.#ids += 1;
    this.reports.push({ type: 'FillBusted', execId: `X${this.#ids}`, execRefId: id });
  }

  #correct(id: string, size: string): void {
    const others = subtract(this.#filled, this.#executions.get(id) ?? '0');
    if (compare(add(others, size), this.#size) > 0) return;
    this.#ids += 1;
    this.#executions.delete(id);
    this.#executions.set(`E${this.#ids}`, size);
    this.#gross = add(this.#gross, size);
    this.reports.push({ type: 'FillCorrected', execId: `E${this.#ids}`, execRefId: id, size });
  }

  #replace(requestId: string, wished: string): void {
    this.#replaces.shift();
    this.#size = maximum(wished, this.#gross);
    this.#version += 1;
    const terms = { size: this.#size };
    this.reports.push({ type: 'Replaced', requestId, terms, termsVersion: this.#version, venueOrderId: 'V1' });
  }

  #refuse(requestId: string): void {
    this.#replaces.shift();
    this.reports.push({ type: 'ReplaceRejected', requestId, refusal: 'TOO_LATE', reason: 'too late' });
  }

  #refuseCancel(): void {
    this.#cancelOpen = false;
    this.reports.push({ type: 'CancelRejected', requestId: 'K', refusal: 'OTHER', reason: 'no' });
  }

  #end(type: 'Cancelled' | 'Expired' | 'Rejected'): void {
    this.#state = type.toLowerCase();
    this.#cancelOpen = false;
    this.reports.push({ type, reason: 'over', venueOrderId: 'V1' });
  }
}

/** What the caller knows of the order. How a request that is closed was closed depends on which answer came first. */
const known = (order: OrderMachine) => ({
  life: order.life,
  end: order.end?.kind ?? null,
  ordStatus: ordStatus(order),
  size: order.terms.size,
  filled: cumQty(order),
  left: leavesQty(order),
  executions: Object.fromEntries(order.executions.map((execution) => [execution.id, execution])),
  early: order.earlyCorrections,
  open: order.requests.filter(isOpenRequest).map(({ id, phase }) => `${id} ${phase}`),
  ids: order.legs.map((leg) => leg.venueOrderIds),
  stray: order.stray,
});

const sendings = ({ born, replaces, cancel }: Plan): readonly EventBody[] => [
  ...BIRTHS[born][1],
  ...replaces.flatMap((size, index) => [replaceWish(`R${index}`, size, String(101 + index)), replaceSent(`R${index}`)]),
  ...(cancel ? [cancelWish(), cancelSent()] : []),
];

describe('lawful reports in any order, some of them twice', () => {
  test.each([
    ['spot', SPOT_PROFILE],
    ['FIX', FIX_PROFILE],
  ])('end in the same order (%s)', (_name, profile) => {
    const delivery = plan.chain((given) => {
      const { reports } = new Venue(given);
      const copies = fc.subarray(reports).map((some) => [...reports, ...some]);
      return fc.record({
        given: fc.constant(given),
        reports: fc.constant(reports),
        shuffled: copies.chain((all) => fc.shuffledSubarray(all, { minLength: all.length })),
      });
    });
    fc.assert(
      fc.property(delivery, ({ given, reports, shuffled }) => {
        const [birth] = BIRTHS[given.born];
        const inOrder = new Life([...sendings(given), ...reports], birth, profile);
        const asDelivered = new Life([...sendings(given), ...shuffled], birth, profile);
        expect(inOrder.transitions.map(({ verdict }) => verdict)).not.toContain('bug');
        expect(known(asDelivered.order)).toEqual(known(inOrder.order));
      }),
      { numRuns: 500 },
    );
  });
});
