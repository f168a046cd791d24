import type { Notices } from './account/notice.ts';
import { termsOf } from './account/plan.ts';
import { noticesToOwners } from './api/account/notice-routes.ts';
import { CATALOGUE, FORMATS } from './catalogue.ts';
import { makeEngine, type Engine } from './delivery/engine.ts';
import { withInboxes } from './delivery/inbox/inbox-sender.ts';
import { makeInboxes, type Inboxes } from './delivery/inbox/inbox.ts';
import { makeSender, type Sender } from './delivery/sender/send.ts';
import type { RecordNumbers } from './events/record-number.ts';
import type { Foundation } from './foundation.ts';
import { makeDial, type OutgoingDials } from './net/dial.ts';
import { makeGuard, type Guard } from './net/egress-guard.ts';
import { makeHttpClient, type HttpClient } from './net/http-client.ts';
import { makeResolver } from './net/resolver.ts';

export interface Delivery {
  guard: Guard;
  inboxes: Inboxes;
  sender: Sender;
  engine: Engine;
  /** Requests to other systems, with the guard and the names of webhooks. */
  http: HttpClient;
  /** Connections to other systems, with the same guard. */
  dials: OutgoingDials;
}

/** The delivery engine, and what it sends through. */
export function assembleDelivery(foundation: Foundation, notices: Notices, numbers: RecordNumbers): Delivery {
  const { config, clock, listeners } = foundation;
  const guard = makeGuard({ allow: config.egressAllow, own: () => listeners });
  const inboxes = makeInboxes({ ...foundation, formats: FORMATS, endpoints: () => engine.endpoints });
  const resolver = makeResolver({ clock });
  const sender = withInboxes(makeSender({ guard, resolver, clock }), inboxes, clock);
  const engine: Engine = makeEngine({
    ...foundation,
    catalogue: CATALOGUE,
    formats: FORMATS,
    numbers,
    sender,
    planRules: {
      maxWebhooks: (plan) => termsOf(plan).maxima.webhooks,
      sendsWebhooks: (plan) => termsOf(plan).webhooks,
    },
    owners: noticesToOwners(notices, clock),
  });
  const plainDial = makeDial({ guard, resolver, clock });
  const dial = makeDial({ guard: { ...guard, allowsPrivate: () => true }, resolver, clock });
  return { guard, inboxes, sender, engine, http: makeHttpClient(plainDial), dials: { dial, plainDial } };
}
