import { fixedText } from '../../engine/fixed.ts';
import type { Engine, SimBalance } from '../../engine/model.ts';
import { permissionsOf } from '../../keys.ts';
import type { SimAccount, VenueAnswer } from '../protocol.ts';
import { derivedId } from './ids.ts';
import { FIAT, MAKER_FEE, TAKER_FEE } from './markets.ts';
import { portfolioIdOf } from './orders.ts';
import { badArgument, json } from './refusal.ts';

/** What a key sees of its own: accounts (one for each currency), fees, permissions. */

const DEFAULT_PAGE = 49;
const LARGEST_PAGE = 250;
const BIRTH = '2024-01-01T00:00:00Z';

function accountJson(account: string, currency: string, { total, held }: SimBalance): Record<string, unknown> {
  return {
    uuid: derivedId('account', account, currency),
    name: `${currency} Wallet`,
    currency,
    available_balance: { value: fixedText(total - held), currency },
    default: true,
    active: true,
    created_at: BIRTH,
    updated_at: BIRTH,
    deleted_at: null,
    type: FIAT.has(currency) ? 'ACCOUNT_TYPE_FIAT' : 'ACCOUNT_TYPE_CRYPTO',
    ready: true,
    hold: { value: fixedText(held), currency },
    retail_portfolio_id: portfolioIdOf(account),
    platform: 'ACCOUNT_PLATFORM_CONSUMER',
  };
}

/** Pages by offset; the cursor is the place of the next entry. */
export function listAccounts(query: URLSearchParams, account: string, engine: Engine): VenueAnswer {
  const limit = Number(query.get('limit') ?? DEFAULT_PAGE);
  const from = Number(query.get('cursor') ?? 0);
  if (!Number.isInteger(limit) || limit < 1 || !Number.isInteger(from) || from < 0) return badArgument('limit');
  const all = [...engine.balances(account)];
  const until = from + Math.min(limit, LARGEST_PAGE);
  const shown = all.slice(from, until);
  const hasNext = until < all.length;
  return json({
    accounts: shown.map(([currency, balance]) => accountJson(account, currency, balance)),
    has_next: hasNext,
    cursor: hasNext ? String(until) : '',
    size: shown.length,
  });
}

/** The older API names what is free and what is held together. */
export const olderAccounts = (account: string, engine: Engine): VenueAnswer =>
  json({
    pagination: { ending_before: null, starting_after: null, limit: 250, order: 'desc', next_uri: null },
    data: [...engine.balances(account)].map(([code, { total }]) => ({
      id: derivedId('account', account, code),
      name: `${code} Wallet`,
      primary: false,
      type: FIAT.has(code) ? 'fiat' : 'wallet',
      currency: { code, name: code, exponent: FIAT.has(code) ? 2 : 8, type: FIAT.has(code) ? 'fiat' : 'crypto' },
      balance: { amount: fixedText(total), currency: code },
      created_at: BIRTH,
      updated_at: BIRTH,
      resource: 'account',
    })),
  });

export const transactionSummary = (): VenueAnswer =>
  json({
    total_volume: 0,
    total_fees: 0,
    fee_tier: {
      pricing_tier: 'Intro 1',
      usd_from: '0',
      usd_to: '1000',
      taker_fee_rate: TAKER_FEE,
      maker_fee_rate: MAKER_FEE,
      aop_from: '',
      aop_to: '',
    },
    margin_rate: null,
    goods_and_services_tax: null,
    advanced_trade_only_volume: 0,
    advanced_trade_only_fees: 0,
    coinbase_pro_volume: 0,
    coinbase_pro_fees: 0,
    total_balance: '',
    has_promo_fee: false,
  });

export function keyPermissions(account: SimAccount): VenueAnswer {
  const { read, trade, withdraw } = permissionsOf(account);
  return json({
    can_view: read,
    can_trade: trade,
    can_transfer: withdraw,
    portfolio_uuid: portfolioIdOf(account.apiKey),
    portfolio_type: 'DEFAULT',
  });
}

export const portfolios = (account: string): VenueAnswer =>
  json({ portfolios: [{ name: 'Default', uuid: portfolioIdOf(account), type: 'DEFAULT', deleted: false }] });
