import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import { lastInboundEmail } from './last-inbound-email.ts';
import type { InboundSettings, InboundSettingsStore } from './inbound-settings.ts';
import type { MailAddresses } from './mail-address.ts';

const PATH = '/api/v1/inbound-email';

const settings = {
  create_contacts: z
    .boolean()
    .meta({ description: 'Whether an unknown sender becomes a contact; default: false.' }),
  keep_newsletters: z
    .boolean()
    .meta({ description: 'Whether mails of mailing lists (with a List-Id) are stored; default: false.' }),
  keep_internal: z
    .boolean()
    .meta({ description: 'Whether mails that only members write and receive are stored; default: false.' }),
  match_subject: z.boolean().meta({
    description:
      'Whether a mail without references joins the thread of the same contact with the same subject, within 30 days; default: false.',
  }),
};

const shape = z
  .object({
    address: z.string().nullable().meta({
      description:
        'What is sent there, also as BCC, is recorded. Null if the installation has no FAIRLEAD_MAIL_DOMAIN.',
    }),
    domain: z.string().nullable().meta({ description: 'FAIRLEAD_MAIL_DOMAIN.' }),
    listener: z.object({ port: z.int(), has_tls: z.boolean() }).nullable().meta({
      description:
        'The SMTP listener (FAIRLEAD_SMTP_LISTEN) of the process that answers; null if it has none: another process may.',
    }),
    last_email: z
      .object({
        at: z.iso.datetime(),
        outcome: z.enum(['stored', 'duplicate', 'report', 'unsubscribed', 'ignored']),
        reason: z.string().nullable().meta({ description: 'Why it was not stored.' }),
      })
      .nullable()
      .meta({
        description: 'The last mail that a listener took for the workspace, also one that was not stored.',
      }),
    ...settings,
  })
  .meta({ id: 'InboundEmail' });

const change = z.strictObject({
  create_contacts: settings.create_contacts.optional(),
  keep_newsletters: settings.keep_newsletters.optional(),
  keep_internal: settings.keep_internal.optional(),
  match_subject: settings.match_subject.optional(),
});

export interface InboundSettingsRouteParts {
  db: Pick<Database, 'read'>;
  smtpListener: { port: number; hasTls: boolean } | null;
  inboundSettings: InboundSettingsStore;
  mailAddresses: MailAddresses;
  recordChange: RecordChange;
}

/** The address of a workspace for mail, and what becomes of what arrives (EM5). */
export function inboundSettingsRoutes(parts: InboundSettingsRouteParts): Route[] {
  const { db, inboundSettings, mailAddresses, smtpListener, recordChange } = parts;
  const common = { path: PATH, tag: 'emails' } as const;
  const manage = { ...common, scope: 'connections:manage' } as const;
  const show = async (workspaceId: Uuid, values: InboundSettings) => ({
    address: await mailAddresses.dropbox(workspaceId),
    domain: mailAddresses.domain,
    listener: smtpListener && { port: smtpListener.port, has_tls: smtpListener.hasTls },
    last_email: await lastInboundEmail(db, workspaceId),
    ...values,
  });
  const entry = (action: string, workspaceId: Uuid, details?: object) => ({
    action: `inbound_email.${action}`,
    objectType: 'workspace',
    objectId: workspaceId,
    ...(details && { details: { ...details } }),
  });
  return [
    route({
      ...common,
      scope: 'emails:read',
      method: 'GET',
      summary: 'Get the address for mail',
      answers: { 200: shape },
      handle: async ({ caller: { workspaceId } }) => ({
        status: 200,
        body: await show(workspaceId, await inboundSettings.get(workspaceId)),
      }),
    }),
    route<z.output<typeof change>>({
      ...manage,
      method: 'PATCH',
      summary: 'Change what becomes of received mail',
      body: change,
      answers: { 200: shape },
      async handle(ctx) {
        const { workspaceId } = ctx.caller;
        const before = await show(workspaceId, await inboundSettings.get(workspaceId));
        let body = '';
        await inboundSettings.update(
          workspaceId,
          ctx.body as Partial<InboundSettings>,
          async (trx, values) => {
            body = JSON.stringify({ ...before, ...values });
            await recordChange(trx, ctx, entry('updated', workspaceId, ctx.body), { status: 200, body });
          },
        );
        return { status: 200, body };
      },
    }),
    route({
      ...manage,
      method: 'POST',
      path: `${PATH}/replace-address`,
      summary: 'Replace the address for mail',
      description: 'The former address no longer works. Addresses of replies and reports go on working.',
      answers: { 200: shape },
      async handle(ctx) {
        const { workspaceId } = ctx.caller;
        // The response is not kept for its key: it contains the new address only after the commit.
        const values = await inboundSettings.replaceAddress(workspaceId, async (trx) => {
          await recordChange(
            trx,
            { caller: ctx.caller, claim: undefined },
            entry('address_replaced', workspaceId),
            {
              status: 200,
              body: '',
            },
          );
        });
        return { status: 200, body: await show(workspaceId, values) };
      },
    }),
  ];
}
