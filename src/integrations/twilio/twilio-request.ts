import type { Uuid } from '../../base/id.ts';
import type {
  ConnectionValues,
  InboundForm,
  InboundRequest,
  InboundSummary,
} from '../../connections/connection-kind.ts';
import type { PhoneLine } from '../../messaging/telephony/received-message.ts';
import { verifyTwilioSignature } from './twilio-signature.ts';

/** The kind of these connections. */
export const TWILIO = 'twilio';

/** Verifies a request of Twilio. @returns why it does not match, null if it does */
export function verifyTwilio(request: InboundRequest, { secrets }: ConnectionValues): string | null {
  const { url, headers, form, rawBody } = request;
  const header = headers['x-twilio-signature'];
  return verifyTwilioSignature(
    { url, header: typeof header === 'string' ? header : undefined, form, rawBody },
    secrets['auth_token'] ?? '',
  );
}

/** Reads a field of a request; null if it is missing or empty. */
export function fieldsOf(form: InboundForm | null): (name: string) => string | null {
  return (name) => {
    const value = form && Object.hasOwn(form, name) ? form[name]! : '';
    const text = typeof value === 'string' ? value : (value[0] ?? '');
    // A text column holds neither.
    const storable = text.replaceAll('\0', '').toWellFormed();
    return storable === '' ? null : storable;
  };
}

/** @param idField the field with Twilio's id of what the request is about */
export function summarizeTwilio(type: string, idField: string) {
  return ({ form }: InboundRequest): InboundSummary => ({ type, externalId: fieldsOf(form)(idField) });
}

/** The connection that a request came in at. */
export function lineOf({
  workspaceId,
  id,
  settings,
}: ConnectionValues & { workspaceId: Uuid; id: Uuid }): PhoneLine {
  return { workspaceId, id, settings, kind: TWILIO };
}
