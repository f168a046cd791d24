import { DELIVERY_STATES, type DeliveryFilter } from '../../api/delivery-queries.ts';

/** Parses the search parameters of a delivery log. */
export function deliverySearch(input: Record<string, unknown>): DeliveryFilter {
  return {
    state: DELIVERY_STATES.find((state) => state === input['state']),
    event_type: readText(input['event_type']),
    event_id: readText(input['event_id']),
    since: readTime(input['since']),
    until: readTime(input['until']),
  };
}

export function readText(input: unknown): string | undefined {
  return typeof input === 'string' && input !== '' ? input : undefined;
}

/** A valid time, or undefined. */
export function readTime(input: unknown): string | undefined {
  return typeof input === 'string' && !Number.isNaN(Date.parse(input)) ? input : undefined;
}
