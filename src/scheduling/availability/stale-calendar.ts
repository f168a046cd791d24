/** How old busy times may be until they are a problem; slots are still offered. */
export const STALE_MINUTES = 30;
