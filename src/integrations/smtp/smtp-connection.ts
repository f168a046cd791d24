import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind } from '../../connections/connection-kind.ts';
import { ACCOUNT_SETTINGS } from '../../messaging/emails/email-account.ts';
import type { ConnectionServices } from '../integration.ts';
import { testSmtp } from './smtp-provider.ts';

/** Mail through a mail server of the workspace's own (EM1). */
export const smtpConnection: ConnectionKind<ConnectionServices> = {
  name: 'smtp',
  label: 'SMTP',
  description: 'Emails are sent through a mail server of your own.',
  docs: 'docs/integrations/smtp.md',
  steps: [
    'Enter the server, its port and how it encrypts: port 587 with STARTTLS, or 465 with TLS.',
    'Enter the user name and the password. Mailboxes with two-factor sign-in need an app password.',
    'Enter the address that mails are sent from, and run the test.',
    'Check the DNS records of the domain: without SPF and DKIM, mails end up as spam.',
  ],
  settings: z.object({
    host: plainText(255)
      .trim()
      .regex(/^[\p{L}\p{N}._:[\]-]+$/u, 'must be a host name')
      .meta({ title: 'Server', description: 'As in `smtp.example.com`.' }),
    port: z.int().min(1).max(65_535).default(587).meta({ title: 'Port' }),
    tls: z.enum(['starttls', 'tls', 'none']).default('starttls').meta({
      title: 'Encryption',
      description: '`none` only works for servers of your own network that the operator has opened.',
    }),
    collect_bounces: z.boolean().optional().meta({
      title: 'Collect bounces',
      description:
        'The return path is an address of FAIRLEAD_MAIL_DOMAIN, so that bounces come back here. Not every mail server allows that.',
    }),
    ...ACCOUNT_SETTINGS,
  }),
  secrets: z.object({
    username: plainText(500).trim().optional().meta({ title: 'User name' }),
    password: plainText(500).optional().meta({ title: 'Password' }),
  }),
  generate: {},
  scopes: ['emails:send'],
  inbound: [],
  test: (values, { dials }) => testSmtp(values, { dials }),
};
