import { z } from 'zod';
import { isEmailAddress } from '../../base/values/email-address.ts';
import { text } from '../../base/values/text.ts';

const MAX_DAILY = 1_000_000;
const MAX_PER_MINUTE = 10_000;

/** Settings that every account has, whatever its kind. */
export const ACCOUNT_SETTINGS = {
  from_email: z
    .string()
    .trim()
    .max(254)
    .refine((value) => isEmailAddress(value, { minLabels: 1 }), 'must be an email address')
    .meta({ title: 'Sender address', description: 'As in `sales@example.com`.' }),
  from_name: text(200).optional().meta({ title: 'Sender name' }),
  reply_to: z
    .string()
    .trim()
    .max(254)
    .refine((value) => value === '' || isEmailAddress(value), 'must be an email address')
    .optional()
    .meta({ title: 'Reply address', description: 'Default: the sender address.' }),
  collect_replies: z.boolean().optional().meta({
    title: 'Collect replies',
    description: 'The reply address is one of FAIRLEAD_MAIL_DOMAIN, so that replies come back here.',
  }),
  daily_limit: z
    .int()
    .min(1)
    .max(MAX_DAILY)
    .optional()
    .meta({ title: 'Mails a day', description: 'At most; further ones wait for the next day.' }),
  per_minute: z
    .int()
    .min(1)
    .max(MAX_PER_MINUTE)
    .optional()
    .meta({ title: 'Mails a minute', description: 'At most; further ones wait for the next minute.' }),
  owner: z
    .union([z.uuid().toLowerCase(), z.literal('')])
    .optional()
    .meta({
      title: 'Member',
      description: 'The only member who sends by it (user id); empty: everyone does.',
    }),
  visibility: z.enum(['team', 'private']).default('team').meta({
    title: 'Visibility',
    description: '`private`: only the member reads its mails; needs a member.',
  }),
};

/** The common settings of an account, read from its connection. */
export interface AccountSettings {
  fromEmail: string;
  fromName: string | null;
  replyTo: string | null;
  owner: string | null;
  visibility: 'team' | 'private';
}

export function accountSettings(settings: Readonly<Record<string, unknown>>): AccountSettings {
  const textOf = (name: string) => {
    const value = settings[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const owner = textOf('owner');
  return {
    fromEmail: textOf('from_email') ?? '',
    fromName: textOf('from_name'),
    replyTo: textOf('reply_to'),
    owner,
    visibility: settings['visibility'] === 'private' && owner !== null ? 'private' : 'team',
  };
}
