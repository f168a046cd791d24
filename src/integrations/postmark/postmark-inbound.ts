import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { InboundHandler } from '../../connections/connection-kind.ts';
import { normalizedMail } from '../../messaging/inbound/mail-normalization.ts';
import type { ConnectionServices } from '../integration.ts';
import { inboundMailHandler, type ProviderMail } from '../received-mail.ts';

const address = z.looseObject({ Email: z.string().catch(''), Name: z.string().catch('') });
const list = z.array(address).catch([]);

const inbound = z.looseObject({
  MessageID: z.string().min(1),
  FromFull: address.nullable().catch(null),
  ToFull: list,
  CcFull: list,
  BccFull: list,
  OriginalRecipient: z.string().catch(''),
  ReplyTo: z.string().catch(''),
  Subject: z.string().catch(''),
  Date: z.string().catch(''),
  TextBody: z.string().catch(''),
  HtmlBody: z.string().catch(''),
  RawEmail: z.string().optional().catch(undefined),
  Headers: z.array(z.looseObject({ Name: z.string(), Value: z.string() })).catch([]),
  Attachments: z
    .array(
      z.looseObject({
        Name: z.string().catch(''),
        Content: z.string().catch(''),
        ContentType: z.string().catch(''),
        ContentID: z.string().nullable().catch(null),
      }),
    )
    .catch([]),
});

/** The mail of an inbound webhook of Postmark; the raw mail, where the server includes it. Throws `validation_error`. */
export function readPostmarkMail(body: unknown): ProviderMail {
  const { data } = inbound.safeParse(body);
  if (!data)
    throw new ApiError('validation_error', 'The body is no inbound mail of Postmark: it has no MessageID.');
  const to = data.OriginalRecipient === '' ? [] : [data.OriginalRecipient];
  const returnPath = data.Headers.find(({ Name }) => Name.toLowerCase() === 'return-path')?.Value;
  const envelope = { from: returnPath?.replaceAll(/[<>\s]/g, '') ?? null, to };
  if (data.RawEmail !== undefined && data.RawEmail !== '')
    return { content: { raw: Buffer.from(data.RawEmail) }, envelope };
  const people = (items: readonly z.output<typeof address>[]) =>
    items.map(({ Email, Name }) => ({ address: Email, name: Name }));
  const parsed = normalizedMail({
    headers: data.Headers.map(({ Name, Value }) => ({ name: Name, value: Value })),
    from: data.FromFull && people([data.FromFull])[0]!,
    replyTo: data.ReplyTo === '' ? [] : [{ name: '', address: data.ReplyTo }],
    to: people(data.ToFull),
    cc: people(data.CcFull),
    bcc: people(data.BccFull),
    subject: data.Subject,
    date: data.Date,
    text: data.TextBody,
    html: data.HtmlBody,
    attachments: data.Attachments.map(({ Name, Content, ContentType, ContentID }) => ({
      name: Name,
      contentType: ContentType,
      contentId: ContentID,
      isInline: ContentID !== null && ContentID !== '',
      bytes: Buffer.from(Content, 'base64'),
    })),
    fallbackId: `${data.MessageID}@postmark`,
  });
  return { content: { parsed }, envelope };
}

/** Mails that Postmark received. */
export const postmarkInbound = (verify: InboundHandler<ConnectionServices>['verify']) =>
  inboundMailHandler({ verify, read: readPostmarkMail });
