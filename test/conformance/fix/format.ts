import { z } from 'zod';

/**
 * The format of scenario files: what a client, a venue and the world say in the FIX order state change matrices, and
 * what must be true after each report. Strict: an unknown field or value is an error.
 */

/** Features of FIX that the venues served have no counterpart for; a scenario names those that it needs. */
export const FEATURES = [
  'DoneForDay',
  'GTRestatement',
  'StockSplit',
  'Stopped',
  'Suspended',
  'Calculated',
  'AcceptedForBidding',
] as const;
export const FeatureSchema = z.enum(FEATURES);
export type Feature = z.infer<typeof FeatureSchema>;

const Quantity = z.number().nonnegative();
const Id = z.string().min(1);

/** What an order may be expected to show. */
const SHOWN = [
  'PendingNew',
  'New',
  'PartiallyFilled',
  'Filled',
  'Canceled',
  'Expired',
  'Rejected',
  'PendingCancel',
  'PendingReplace',
  'DoneForDay',
  'Stopped',
] as const;
/** What a venue may state in answer to a status request. */
const STATED = [...SHOWN, 'Suspended', 'Calculated', 'AcceptedForBidding'] as const;

const Refused = z.strictObject({
  message: z.enum(['New', 'Cancel', 'Replace']),
  id: Id,
  nth: z.number().int().positive().optional(),
});
export type Refused = z.infer<typeof Refused>;

const ExpectSchema = z.strictObject({
  order: Id.nullable(),
  ordStatus: z.enum(SHOWN).optional(),
  orderQty: Quantity.optional(),
  cumQty: Quantity.optional(),
  leavesQty: Quantity.optional(),
  refused: Refused.optional(),
  unchanged: z.array(Id).optional(),
});
export type Expect = z.infer<typeof ExpectSchema>;

const step = {
  t: z.string().min(1),
  path: z.enum(['main', 'alt']),
  crossing: z.literal(true).optional(),
  comment: z.string().optional(),
};
const fromClient = { ...step, from: z.literal('client'), id: Id };
const Nothing = z.strictObject({}).optional();

const NewStep = z.strictObject({
  ...fromClient,
  message: z.literal('New'),
  feed: z
    .strictObject({
      orderQty: Quantity.optional(),
      cashOrderQty: Quantity.optional(),
      price: Quantity.optional(),
      ordType: z.enum(['Limit', 'Stop']).optional(),
      timeInForce: z.enum(['GTC', 'IOC', 'FOK']).optional(),
      execInst: z.string().optional(),
      possResend: z.boolean().optional(),
    })
    .refine((feed) => (feed.orderQty === undefined) !== (feed.cashOrderQty === undefined), {
      message: 'either orderQty or cashOrderQty',
    }),
});
const CancelStep = z.strictObject({ ...fromClient, message: z.literal('Cancel'), origId: Id, feed: Nothing });
const ReplaceStep = z.strictObject({
  ...fromClient,
  message: z.literal('Replace'),
  origId: Id,
  feed: z.strictObject({ orderQty: Quantity }),
});
const StatusRequestStep = z.strictObject({
  ...fromClient,
  message: z.literal('StatusRequest'),
  origId: Id.optional(),
  feed: Nothing,
});

const fromVenue = {
  ...step,
  from: z.literal('venue'),
  id: Id.optional(),
  origId: Id.optional(),
  venueOrderId: Id.optional(),
  expect: ExpectSchema.optional(),
  anomaly: z.string().optional(),
  orElse: ExpectSchema.partial().optional(),
};

const ReportFeed = z
  .strictObject({
    execType: z.enum([
      'New',
      'Trade',
      'Canceled',
      'Expired',
      'Rejected',
      'PendingCancel',
      'PendingReplace',
      'Replaced',
      'Restated',
      'Triggered',
      'TradeCancel',
      'TradeCorrect',
      'OrderStatus',
      'DoneForDay',
      'Stopped',
      'Suspended',
      'Calculated',
    ]),
    lastQty: Quantity.optional(),
    execId: Id.optional(),
    execRefId: Id.optional(),
    orderQty: Quantity.optional(),
    cumQty: Quantity.optional(),
    leavesQty: Quantity.optional(),
    reportedStatus: z.enum(STATED).optional(),
    bundledEnd: z.literal('Canceled').optional(),
    ordRejReason: z.enum(['DuplicateOrder(6)', 'DuplicateOfVerbalOrder(7)', 'UnknownOrder(5)']).optional(),
    restatementReason: z.string().optional(),
    workingIndicator: z.boolean().optional(),
    lastPx: Quantity.optional(),
    avgPx: Quantity.optional(),
    price: Quantity.optional(),
    cashOrderQty: Quantity.optional(),
    text: z.string().optional(),
    dayOrderQty: Quantity.optional(),
    dayCumQty: Quantity.optional(),
  })
  .superRefine((feed, context) => {
    const needed: readonly (keyof typeof feed)[] =
      feed.execType === 'Trade'
        ? ['execId', 'lastQty']
        : feed.execType === 'TradeCancel'
          ? ['execId', 'execRefId']
          : feed.execType === 'TradeCorrect'
            ? ['execId', 'execRefId', 'lastQty']
            : [];
    for (const key of needed) {
      if (feed[key] === undefined) context.addIssue({ code: 'custom', message: `${feed.execType} needs ${key}` });
    }
    if (feed.reportedStatus !== undefined && feed.execType !== 'OrderStatus')
      context.addIssue({ code: 'custom', message: 'reportedStatus belongs to OrderStatus' });
    if (feed.bundledEnd !== undefined && feed.execType !== 'Trade')
      context.addIssue({ code: 'custom', message: 'bundledEnd belongs to Trade' });
  });

const ReportStep = z.strictObject({ ...fromVenue, message: z.literal('ExecutionReport'), feed: ReportFeed });
const CancelRejectStep = z.strictObject({
  ...fromVenue,
  message: z.literal('CancelReject'),
  feed: z.strictObject({
    respondsTo: z.enum(['Cancel', 'Replace']),
    cxlRejReason: z.enum(['TooLateToCancel(0)', 'UnknownOrder(1)', 'AlreadyPending(3)']).optional(),
  }),
});
const NoteStep = z.strictObject({ ...step, from: z.literal('world'), message: z.literal('Note'), feed: Nothing });

const StepSchema = z
  .discriminatedUnion('message', [
    NewStep,
    CancelStep,
    ReplaceStep,
    StatusRequestStep,
    ReportStep,
    CancelRejectStep,
    NoteStep,
  ])
  .superRefine((given, context) => {
    if (given.from !== 'venue') return;
    if ((given.anomaly === undefined) !== (given.orElse === undefined))
      context.addIssue({ code: 'custom', message: 'anomaly and orElse go together' });
    if (given.orElse !== undefined && given.expect === undefined)
      context.addIssue({ code: 'custom', message: 'orElse needs expect' });
    if (given.id === undefined && given.venueOrderId === undefined)
      context.addIssue({ code: 'custom', message: 'a report names an id or a venueOrderId' });
  });

export const ScenarioSchema = z.strictObject({
  id: Id,
  group: z.string(),
  title: z.string(),
  spec: z.string(),
  refs: z.record(z.string().regex(/^fix\d+$/), z.union([z.number(), z.string()])).optional(),
  features: z.array(FeatureSchema),
  notes: z.string().optional(),
  steps: z.array(StepSchema).min(1),
});
export const ScenarioFileSchema = z.array(ScenarioSchema);

export type Scenario = z.infer<typeof ScenarioSchema>;
export type Step = z.infer<typeof StepSchema>;
export type ClientStep = Extract<Step, { from: 'client' }>;
export type VenueStep = Extract<Step, { from: 'venue' }>;
export type ReportStep = z.infer<typeof ReportStep>;
export type CancelRejectStep = z.infer<typeof CancelRejectStep>;
export type NewStep = z.infer<typeof NewStep>;
