import { z } from 'zod';
import { fixedText } from '../engine/fixed.ts';
import type { ChangeResult } from '../engine/model.ts';
import { AdminError, bodyOf, exchangeOf, marketOf, Positive, stepped } from './admin-input.ts';
import type { Handler } from './admin-input.ts';
import { ledgerOrder } from './ledger.ts';

/** What an exchange may do by itself, at will: what faults of requests and streams can't bring about. */

const OrderInput = z.strictObject({ exchange: z.string(), exchangeOrderId: z.string() });
const ForgetInput = OrderInput.extend({ forgotten: z.boolean() });
const LateInput = OrderInput.extend({ size: Positive });
const HoldInput = z.strictObject({ exchange: z.string(), account: z.string(), held: z.boolean() });
const RulesInput = z.strictObject({
  exchange: z.string(),
  symbol: z.string(),
  minSize: Positive.optional(),
  minNotional: Positive.optional(),
});
const ClockInput = z.strictObject({ exchange: z.string(), offsetMs: z.int().min(-3_600_000).max(3_600_000) });

function told(result: ChangeResult): unknown {
  if (result.ok) return ledgerOrder(result.order);
  throw new AdminError(result.refusal === 'unknownOrder' ? 404 : 409, `refused: ${result.refusal}`);
}

export const SCRIPT_ROUTES: Readonly<Record<string, Handler>> = {
  'POST /orders/reject': (setting, request) => {
    const input = bodyOf(OrderInput, request);
    const exchange = exchangeOf(setting, input.exchange);
    return told(exchange.engine.reject(input.exchangeOrderId, exchange.now()));
  },
  'POST /orders/execute-late': (setting, request) => {
    const input = bodyOf(LateInput, request);
    const exchange = exchangeOf(setting, input.exchange);
    const order = exchange.engine.order(input.exchangeOrderId);
    if (order === undefined) throw new AdminError(404, 'no such order');
    const size = stepped(input.size, marketOf(exchange, order.symbol).sizeStep, 'size');
    return told(exchange.engine.executeLate(order.id, size, exchange.now()));
  },
  'POST /orders/forget': (setting, request) => {
    const input = bodyOf(ForgetInput, request);
    exchangeOf(setting, input.exchange).engine.veil.forget(input.exchangeOrderId, input.forgotten);
    return input;
  },
  'POST /executions/hold': (setting, request) => {
    const input = bodyOf(HoldInput, request);
    exchangeOf(setting, input.exchange).engine.veil.holdExecutions(input.account, input.held);
    return input;
  },
  'POST /markets': (setting, request) => {
    const { minSize, minNotional, ...input } = bodyOf(RulesInput, request);
    const exchange = exchangeOf(setting, input.exchange);
    const { symbol, sizeStep } = marketOf(exchange, input.symbol);
    const changed = exchange.engine.changeRules(symbol, {
      ...(minSize === undefined ? {} : { minSize: stepped(minSize, sizeStep, 'minSize') }),
      ...(minNotional === undefined ? {} : { minNotional: stepped(minNotional, 1n, 'minNotional') }),
    });
    return { ...input, minSize: fixedText(changed.minSize), minNotional: fixedText(changed.minNotional) };
  },
  'POST /clock': (setting, request) => {
    const input = bodyOf(ClockInput, request);
    exchangeOf(setting, input.exchange).clockOffsetMs = input.offsetMs;
    return input;
  },
};
