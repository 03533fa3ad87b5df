/** A successful answer of REST. */
export const ok = (...data: unknown[]) => ({ code: '0', msg: '', data });
/** A message of a private channel. */
export const push = (channel: string, ...data: unknown[]) => ({
  arg: { channel, instType: 'SPOT', uid: '77' },
  data,
});

export const CLIENT_ID = '0190a3c48f217b6e9d105a4b3c2d1e0f';

/** A resting order as REST tells it; own values. */
export const ORDER = {
  instType: 'SPOT',
  instId: 'SOL-USDC',
  ordId: '3100000000000000017',
  clOrdId: CLIENT_ID,
  algoId: '',
  algoClOrdId: '',
  tag: '',
  px: '151.2',
  sz: '3',
  ordType: 'limit',
  side: 'sell',
  posSide: 'net',
  tdMode: 'cash',
  tgtCcy: '',
  accFillSz: '0',
  fillPx: '',
  fillSz: '0',
  fillTime: '',
  tradeId: '',
  avgPx: '',
  fee: '0',
  feeCcy: 'USDC',
  state: 'live',
  cancelSource: '',
  cancelSourceReason: '',
  reduceOnly: 'false',
  source: '',
  cTime: '1771000000100',
  uTime: '1771000000200',
};

/** A stop as REST tells it. */
export const ALGO = {
  algoId: '3100000000000000021',
  algoClOrdId: CLIENT_ID,
  clOrdId: '',
  instType: 'SPOT',
  instId: 'SOL-USDC',
  ordType: 'conditional',
  side: 'sell',
  sz: '3',
  tdMode: 'cash',
  tgtCcy: '',
  state: 'live',
  triggerPx: '',
  ordPx: '',
  slTriggerPx: '140.5',
  slOrdPx: '140.1',
  tpTriggerPx: '',
  tpOrdPx: '',
  actualSz: '',
  ordId: '',
  ordIdList: [],
  failCode: '',
  reduceOnly: 'false',
  cTime: '1771000000100',
  uTime: '1771000000200',
};
