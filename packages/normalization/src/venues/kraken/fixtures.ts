/** A successful answer of REST. */
export const ok = (result: unknown) => ({ error: [], result });

export const ID = 'OTEST1-AAAAA-BBBBB1';
export const DESCR = {
  pair: 'XBTEUR',
  type: 'sell',
  ordertype: 'limit',
  price: '51000.4',
  price2: '0',
  leverage: 'none',
};
export const ORDER = {
  refid: null,
  userref: 0,
  cl_ord_id: '0190a3c4-8f21-7b6e-9d10-5a4b3c2d1e0f',
  status: 'open',
  opentm: 1771000000.1234,
  starttm: 0,
  expiretm: 0,
  descr: { ...DESCR, order: 'sell 0.75000000 XBTEUR @ limit 51000.4', close: '' },
  vol: '0.75000000',
  vol_exec: '0.00000000',
  cost: '0.00000',
  fee: '0.00000',
  price: '0.00000',
  stopprice: '0.00000',
  limitprice: '0.00000',
  misc: '',
  oflags: 'fciq',
};
