/** The event type of test deliveries. */
export const TEST_EVENT = 'webhook.test';
