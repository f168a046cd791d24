import { DELIVERY_STATES, type DeliveryState } from '../../api/delivery-queries.ts';

/** What the address of a webhook says of its delivery log. */
export function deliverySearch(given: Record<string, unknown>): { state?: DeliveryState | undefined } {
  return { state: DELIVERY_STATES.find((state) => state === given['state']) };
}
