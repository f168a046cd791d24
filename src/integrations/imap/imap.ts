import { z } from 'zod';
import { isEmailAddress } from '../../base/values/email-address.ts';
import { plainText } from '../../base/values/text.ts';
import type { Integration } from '../integration.ts';
import { imapReader, testImap } from './imap-reader.ts';

/** The mailbox of a member: mails that a contact wrote or received are recorded (EM5). */
export const imap: Integration = {
  name: 'imap',
  label: 'IMAP',
  docs: 'docs/mail-in.md#imap',
  mailboxReader: imapReader,
  connection: {
    name: 'imap',
    label: 'IMAP',
    description:
      'Mails of a mailbox that a contact wrote or received are recorded, within seconds or a minute.',
    docs: 'docs/mail-in.md#imap',
    steps: [
      'In the mail service, allow IMAP and make an app password.',
      'Enter the server, the user name and the app password, and run the test.',
      'Mails of the last 30 days follow, newest first. What no contact wrote or received is never stored.',
    ],
    settings: z.object({
      host: plainText(255)
        .trim()
        .regex(/^[\p{L}\p{N}._:-]+$/u, 'must be a host name')
        .meta({ title: 'Server', description: 'As in `imap.example.com`.' }),
      port: z.int().min(1).max(65_535).default(993).meta({ title: 'Port' }),
      tls: z.enum(['tls', 'starttls', 'none']).default('tls').meta({
        title: 'Encryption',
        description: '`none` only works for servers of your own network that the operator has opened.',
      }),
      from_email: z
        .string()
        .trim()
        .max(254)
        .refine((value) => value === '' || isEmailAddress(value), 'must be an email address')
        .optional()
        .meta({
          title: 'Address',
          description: 'Of the mailbox, if it is not that of a member: mails from it are outgoing ones.',
        }),
      owner: z
        .union([z.uuid().toLowerCase(), z.literal('')])
        .optional()
        .meta({
          title: 'Member',
          description: 'The member whose mailbox it is (user id); empty: a shared one.',
        }),
      visibility: z.enum(['team', 'private']).default('team').meta({
        title: 'Visibility',
        description: '`private`: only the member reads its mails; needs a member.',
      }),
    }),
    secrets: z.object({
      username: plainText(500)
        .min(1, 'must not be empty')
        .meta({ title: 'User name', description: 'Often the address.' }),
      password: plainText(500)
        .min(1, 'must not be empty')
        .meta({ title: 'Password', description: 'An app password, where the service has such.' }),
    }),
    generate: {},
    scopes: ['emails:write'],
    inbound: [],
    test: (values, { dials }) => testImap(values, dials),
  },
};
