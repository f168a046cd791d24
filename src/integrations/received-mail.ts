import type { Uuid } from '../base/id.ts';
import type { InboundHandler, InboundResult } from '../connections/connection-kind.ts';
import { MAX_MAIL_BYTES } from '../messaging/inbound/mail-parser.ts';
import { accountSettings } from '../messaging/emails/email-account.ts';
import type { DropReason, ReceivedEmail, TakenEmail } from '../messaging/inbound/received-email.ts';
import type { ConnectionServices } from './integration.ts';

/** A mail as a provider hands it over. */
export type ProviderMail = Pick<ReceivedEmail, 'content' | 'envelope'>;

type Received = { workspaceId: Uuid; id: Uuid };
type Handler = InboundHandler<ConnectionServices>;

/** A mail in base64, with everything around it. */
export const MAX_INBOUND_BYTES = Math.ceil(MAX_MAIL_BYTES * 1.4);

const IGNORED: Readonly<Record<DropReason, string>> = {
  own_mail: 'It was sent from here.',
  internal: 'Only members wrote and received it.',
  newsletter: 'It was sent to a mailing list.',
  no_contact: 'No contact wrote or received it.',
  no_sender: 'It has no sender.',
  unproven_report: 'It is a report of a mail server without the return path of a mail from here.',
  unknown_email: 'The mail that it answers no longer exists.',
};

/** Stores a mail that a provider received. @param mail null if the request has none */
export async function takeProviderMail(
  mail: ProviderMail | null,
  { workspaceId, id }: Received,
  { inboundEmails }: ConnectionServices,
): Promise<InboundResult> {
  if (!mail) return { outcome: 'ignored', reason: 'It has no mail.', answer: '{"status":"ignored"}' };
  return resultOf(await inboundEmails.take({ ...mail, workspaceId, connectionId: id, origin: 'delivery' }));
}

function resultOf(taken: TakenEmail): InboundResult {
  if (taken.outcome === 'ignored')
    return { outcome: 'ignored', reason: IGNORED[taken.reason], answer: '{"status":"ignored"}' };
  const record = { type: 'email', id: taken.id };
  if (taken.outcome === 'duplicate')
    return { outcome: 'duplicate', record, answer: '{"status":"duplicate"}' };
  return { outcome: 'accepted', record, answer: '{"status":"accepted"}' };
}

/**
 * Whether the log of a connection keeps no body of an event: one with a mail, or about a mail of a private account, whose
 * addresses only its member reads.
 */
export function hidesBody(
  isMail: (body: unknown) => boolean = () => false,
): NonNullable<Handler['keepsNoBody']> {
  return ({ body }, settings) => accountSettings(settings).visibility === 'private' || isMail(body);
}

/**
 * The inbound URL of a provider for mails, `/webhooks/{kind}/{connection id}/inbound`.
 * @param read the mail of a request that `verify` let pass
 */
export function inboundMailHandler(options: {
  verify: Handler['verify'];
  read(body: unknown): ProviderMail | null;
  takesForms?: true;
}): Handler {
  const { verify, read, takesForms } = options;
  return {
    path: 'inbound',
    label: 'URL for received mail',
    maxBytes: MAX_INBOUND_BYTES,
    ...(takesForms && { takesForms }),
    keepsNoBody: () => true,
    verify,
    summarize: () => ({ type: 'inbound', externalId: null }),
    handle: ({ body }, connection, services) => takeProviderMail(read(body), connection, services),
  };
}
