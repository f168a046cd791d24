import { DELIVERY_STATES, type DeliveryFilter } from '../../api/delivery-queries.ts';

/** What the address of a delivery log says: how it is narrowed. */
export function deliverySearch(input: Record<string, unknown>): DeliveryFilter {
  return {
    state: DELIVERY_STATES.find((state) => state === input['state']),
    event_type: textOf(input['event_type']),
    event_id: textOf(input['event_id']),
    since: momentOf(input['since']),
    until: momentOf(input['until']),
  };
}

export function textOf(input: unknown): string | undefined {
  return typeof input === 'string' && input !== '' ? input : undefined;
}

/** A time as the API takes it, or none where it is no time. */
export function momentOf(input: unknown): string | undefined {
  return typeof input === 'string' && !Number.isNaN(Date.parse(input)) ? input : undefined;
}
