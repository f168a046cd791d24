import { allScopes } from './account/scope.ts';
import { WEBHOOK_DISABLED, WEBHOOK_OBJECT } from './delivery/endpoint/webhook-disabled-event.ts';
import type { Formats } from './delivery/endpoint/webhook-format.ts';
import { makeCatalogue } from './events/event-type.ts';
import { automatenexus } from './integrations/automatenexus/automatenexus-webhook.ts';
import { axcelerate } from './integrations/axcelerate/axcelerate-webhook.ts';
import { axocrm } from './integrations/axocrm/axocrm-webhook.ts';
import { standard } from './integrations/standard-webhooks/standard-webhooks.ts';
import { MODULE_EVENT_OBJECTS, MODULE_EVENT_TYPES, MODULE_OBJECTS } from './modules.ts';

/** Webhook formats; a new one is a file in formats/ and an entry here. */
export const FORMATS: Formats = new Map(
  [standard, axocrm, automatenexus, axcelerate].map((format) => [format.name, format]),
);

/** The built-in event types. */
export const CATALOGUE = makeCatalogue(
  [...MODULE_EVENT_TYPES, WEBHOOK_DISABLED],
  [...MODULE_EVENT_OBJECTS, WEBHOOK_OBJECT],
);

/** All scopes of a key. */
export const SCOPES = allScopes(MODULE_OBJECTS);
