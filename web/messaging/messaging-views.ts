import { lazy } from 'react';
import type { ObjectViewsByKey } from '../record/object-view.ts';

/** Of messages and calls only what replaces a page: it is loaded where it is shown. */
export const MESSAGING_VIEWS: ObjectViewsByKey = {
  message: {
    List: lazy(async () => ({ default: (await import('./message-list.tsx')).MessageList })),
    Page: lazy(async () => ({ default: (await import('./telephony-record-page.tsx')).TelephonyRecordPage })),
  },
  call: {
    List: lazy(async () => ({ default: (await import('./call-list.tsx')).CallList })),
    Page: lazy(async () => ({ default: (await import('./telephony-record-page.tsx')).TelephonyRecordPage })),
  },
};
