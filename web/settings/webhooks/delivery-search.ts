import { DELIVERY_STATES, type DeliveryFilter } from '../../api/delivery-queries.ts';

/** What the address of a delivery log says: how it is narrowed. */
export function deliverySearch(given: Record<string, unknown>): DeliveryFilter {
  return {
    state: DELIVERY_STATES.find((state) => state === given['state']),
    event_type: textOf(given['event_type']),
    event_id: textOf(given['event_id']),
    since: momentOf(given['since']),
    until: momentOf(given['until']),
  };
}

export function textOf(given: unknown): string | undefined {
  return typeof given === 'string' && given !== '' ? given : undefined;
}

/** A time as the API takes it, or none where it is no time. */
export function momentOf(given: unknown): string | undefined {
  return typeof given === 'string' && !Number.isNaN(Date.parse(given)) ? given : undefined;
}
