import { pageInfo } from '../orders/paging.ts';
import type { Resolvers } from '../schema/types.generated.ts';
import { alertFields } from './alert-fields.ts';
import { alerts } from './alerts.ts';
import { cancelAlert } from './cancel-alert.ts';
import { createAlert } from './create-alert.ts';

export const alertResolvers: Resolvers = {
  Query: { alerts },
  Mutation: { createAlert, cancelAlert },
  Alert: alertFields,
  AlertConnection: {
    cursor: ({ updatesCursor }) => updatesCursor,
    nodes: ({ entries }) => entries.map(({ alert }) => alert),
    pageInfo: (page) =>
      pageInfo(
        page.entries.map(({ cursor }) => cursor),
        page,
      ),
  },
};
