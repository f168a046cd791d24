import { z } from 'zod';
import { DEFAULT_LIMITS, MAX_WRITES_PER_HOUR } from '../../account/agent-limits.ts';
import type { KeyStyles } from '../../account/key-style.ts';
import { ROLES } from '../../account/role.ts';
import { requiredText } from '../../base/values/text.ts';
import { date, instant } from '../../base/values/time.ts';

const name = requiredText(100);

const scopeList = z
  .array(z.string().max(100))
  .min(1, 'must name at least one scope')
  .max(100)
  .meta({
    description: 'At most the scopes of the key that creates it; `GET /scopes` lists them.',
    examples: [['contacts:write']],
  });

const expiry = {
  expires_at: z.union([instant, date]).nullable().optional().meta({
    description:
      'In the future; a date means its start in UTC. Null: never. Default: that of the key that creates it.',
  }),
  expires_in_days: z
    .union([z.literal(7), z.literal(30), z.literal(90)])
    .optional()
    .meta({ description: 'Instead of `expires_at`.' }),
};

const budgetFields = {
  writes_per_hour: z
    .int()
    .min(1)
    .max(MAX_WRITES_PER_HOUR)
    .default(DEFAULT_LIMITS.writes_per_hour)
    .meta({ description: 'Records that it may write in any hour, over all processes; 429 beyond.' }),
  deletes: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether it may delete, erase and merge records.' }),
  objects: z
    .array(z.string().max(100))
    .min(1, 'must name at least one object')
    .max(100)
    .nullable()
    .default(null)
    .meta({
      description: 'Only these records, as in `contacts`; it then cannot read the feed of events. Null: all.',
    }),
};

/** What the key of an agent may do. */
const budgetInput = z.strictObject(budgetFields);

const KINDS = ['integration', 'agent'] as const;

/** Set by the server and ignored in requests, so that clients can send back what they read. */
const ignored = Object.fromEntries(
  [
    'id',
    'prefix',
    'state',
    'expiring_soon',
    'created_by',
    'maker',
    'app',
    'created_at',
    'revoked_at',
    'last_used_at',
    'usage',
  ].map((field) => [field, z.unknown().optional().meta({ readOnly: true })]),
);

export type CreateKeyBody = z.output<ReturnType<typeof createBody>>;

export function createBody(styles: KeyStyles) {
  const [defaultName] = styles.keys();
  const fixed = [...styles.values()].map(({ name: style, scopes }) =>
    scopes ? ` A key of the style \`${style}\` always has exactly ${scopes.join(', ')}.` : '',
  );
  return z.strictObject({
    ...ignored,
    name,
    style: z
      .enum([...styles.keys()])
      .default(defaultName!)
      .meta({ description: `Prefix and rules of the key; \`GET /key-styles\` lists them.${fixed.join('')}` }),
    scopes: scopeList.optional().meta({ description: 'Default: the scopes of the key that creates it.' }),
    kind: z.enum(KINDS).default('integration').meta({
      description:
        '`agent`: the key of an AI assistant, within its `budget` and without the scopes of administrators.',
    }),
    budget: budgetInput
      .nullable()
      .optional()
      .meta({ description: 'Of an agent; default: that of its fields.' }),
    ...expiry,
  });
}

export const updateBody = z.strictObject({
  ...ignored,
  style: z.unknown().optional().meta({ readOnly: true }),
  name: name.optional(),
  scopes: scopeList.optional(),
  kind: z.unknown().optional().meta({ readOnly: true }),
  budget: budgetInput
    .nullable()
    .optional()
    .meta({ description: 'All of the budget of an agent; other keys do not become those of agents.' }),
  ...expiry,
});

const use = z.object({ requests: z.int(), server_errors: z.int(), rate_limited: z.int() });

const shown = z.object({
  id: z.uuid(),
  name: z.string(),
  style: z.string(),
  prefix: z.string().meta({ description: 'The visible part of the key.' }),
  scopes: z.array(z.string()),
  state: z.enum(['active', 'expired', 'revoked']),
  expiring_soon: z.boolean().meta({ description: 'Whether it expires within seven days.' }),
  created_by: z.string(),
  maker: z
    .object({ id: z.uuid(), name: z.string(), role: z.enum(ROLES).nullable() })
    .nullable()
    .meta({
      description:
        'The member on whose behalf it acts; `role` is null if they have left the workspace, and the key is refused. Null for a key without a member.',
    }),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().optional(),
  usage: z.object({ last_24_hours: use, last_7_days: use }).optional().meta({
    description: 'By whole hours, including the current one; updated every two seconds.',
  }),
  kind: z.enum(KINDS),
  budget: z
    .object({
      writes_per_hour: z.int(),
      deletes: z.boolean(),
      objects: z.array(z.string()).nullable(),
    })
    .nullable()
    .meta({ description: 'Of an agent; null for other keys.' }),
  app: z
    .object({ client_id: z.string(), name: z.string(), host: z.string(), scope: z.string() })
    .nullable()
    .meta({
      description:
        'The app that a member authorised by OAuth, with the host that they were sent back to; it has tokens of its own. Null: a key that was created.',
    }),
  key: z.string().optional().meta({ description: 'Shown once, on creation.' }),
});

export function keyShape(styles: KeyStyles) {
  return shown.extend({ style: z.enum([...styles.keys()]) }).meta({ id: 'ApiKey' });
}
