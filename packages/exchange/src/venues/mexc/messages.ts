import protobuf from 'protobufjs';

/**
 * The part of MEXC's binary messages that is read here (field names and numbers from mexcdevelop/websocket-proto; fields
 * that are not listed are skipped by the decoder).
 */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Orders {
    string id = 1; string clientId = 2; string price = 3; string quantity = 4; string amount = 5; string avgPrice = 6;
    int32 orderType = 7; int32 tradeType = 8; bool isMaker = 9; string remainAmount = 10; string remainQuantity = 11;
    string lastDealQuantity = 12; string cumulativeQuantity = 13; string cumulativeAmount = 14; int32 status = 15;
    int64 createTime = 16; string triggerPrice = 19;
  }
  message Deals {
    string price = 1; string quantity = 2; string amount = 3; int32 tradeType = 4; bool isMaker = 5;
    bool isSelfTrade = 6; string tradeId = 7; string clientOrderId = 8; string orderId = 9; string feeAmount = 10;
    string feeCurrency = 11; int64 time = 12;
  }
  message BookTicker { string bidPrice = 1; string bidQuantity = 2; string askPrice = 3; string askQuantity = 4; }
  message Wrapper {
    string channel = 1; string symbol = 3; int64 createTime = 5; int64 sendTime = 6;
    oneof body { Orders privateOrders = 304; Deals privateDeals = 306; BookTicker publicAggreBookTicker = 315; }
  }
`);
const Wrapper = root.lookupType('Wrapper');

/** One binary message as plain data, fields with default values left out; null where it can't be decoded. */
export function decode(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  // A plain view: of a Buffer the library reads texts that are longer than the message without complaint (measured).
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return Wrapper.toObject(Wrapper.decode(plain), { longs: String });
  } catch {
    return null;
  }
}
