import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { requiredText } from '../../base/values/text.ts';
import type { ConnectionKind } from '../../connections/connection-kind.ts';
import { CONNECTION_STATES, type Connection } from '../../connections/connection.ts';
import { validationError } from '../../http/error-response.ts';

export const PATH = '/api/v1/connections';

const time = z.iso.datetime().nullable();

export const connectionShape = z
  .object({
    id: z.uuid(),
    kind: z.string().meta({ description: 'See `GET /connection-kinds`.' }),
    name: z.string(),
    settings: z.record(z.string(), z.unknown()),
    active: z.boolean(),
    state: z.enum(CONNECTION_STATES).meta({
      description:
        '`waiting`: nothing received yet. `failing`: the last request was refused. `disabled`: not active.',
    }),
    urls: z
      .array(z.object({ label: z.string(), url: z.string() }))
      .meta({ description: 'The URLs to set in the other system.' }),
    old_secrets_until: time.meta({
      description: 'Until when the secrets before the last rotation are accepted too.',
    }),
    last_event_at: time.meta({ description: 'When the last verified request was received.' }),
    last_error: z.string().nullable().meta({ description: 'Why the last refused request was refused.' }),
    last_error_at: time,
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    secrets: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Generated secrets, only in the response that creates them.' }),
  })
  .meta({ id: 'Connection' });

/** Set by the server and ignored when sent, so that clients can send back what they read. */
export const IGNORED = [
  'id',
  'state',
  'urls',
  'old_secrets_until',
  'last_event_at',
  'last_error',
  'last_error_at',
  'created_by',
  'created_at',
  'updated_at',
];

const settings = z.record(z.string(), z.unknown()).meta({
  description:
    'By name, see `GET /connection-kinds`. Every kind also takes `base_url`, an http(s) URL in place of the address of the API of the other system, such as that of a proxy.',
});
const secrets = z.record(z.string(), z.unknown()).meta({
  description: 'By name, see `GET /connection-kinds`. They are stored encrypted and never returned.',
});

export const createBody = z.strictObject({
  kind: z.string().max(100),
  name: requiredText(100),
  settings: settings.default({}),
  secrets: secrets.default({}),
});

export const updateBody = z.strictObject({
  kind: z.string().max(100).optional().meta({ description: 'Cannot be changed.' }),
  name: requiredText(100).optional(),
  active: z.boolean().optional().meta({ description: '`false`: all requests are refused.' }),
  settings: settings.optional().meta({ description: 'Only these settings change; null removes one.' }),
  secrets: secrets.optional().meta({
    description: 'Only these secrets change, and the old ones stop at once; see also `rotate-secret`.',
  }),
});

export type CreateBody = z.output<typeof createBody>;
export type UpdateBody = z.output<typeof updateBody>;

type Values = Readonly<Record<string, unknown>>;

/**
 * The values by the schemas of the kind; only parts that are passed. Throws `validation_error`, which names
 * `settings.…` or `secrets.…`.
 */
export function parseValues(
  kind: ConnectionKind,
  values: { settings?: Values | undefined; secrets?: Values | undefined },
): { settings?: Record<string, unknown>; secrets?: Record<string, string> } {
  const schema = z.object({
    settings: strict(kind.settings.extend({ base_url: z.string().optional() })).optional(),
    secrets: strict(kind.secrets).optional(),
  });
  const result = schema.safeParse(values, { reportInput: true });
  if (!result.success) throw validationError(result.error, 'body');
  return result.data as ReturnType<typeof parseValues>;
}

function strict(schema: z.ZodObject): z.ZodObject {
  return schema.strict();
}

/** `changed` replaces values of `current`; null removes one. */
export function mergeValues(current: Values, changed: Values): Values {
  const merged = { ...current, ...changed };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** The secrets that are missing and can be generated. */
export function generatedSecrets(kind: ConnectionKind, sent: Values): Record<string, string> {
  const missing = Object.entries(kind.generate).filter(([name]) => sent[name] === undefined);
  return Object.fromEntries(missing.map(([name, generate]) => [name, generate()]));
}

/** A new value of a secret. Throws `validation_error`, which names `secret`. */
export function parseSecret(kind: ConnectionKind, name: string, secret: string): string {
  const schema = z.object({ secret: kind.secrets.shape[name] as z.ZodType<string> });
  const result = schema.safeParse({ secret }, { reportInput: true });
  if (!result.success) throw validationError(result.error, 'body');
  return result.data.secret;
}

/** The name of the secret to rotate. Throws `validation_error`. */
export function secretName(kind: ConnectionKind, requested: string | undefined): string {
  const names = Object.keys(kind.secrets.shape);
  const name = requested ?? (names.length === 1 ? names[0]! : undefined);
  if (name === undefined) throw invalid('name', `is required; must be one of ${names.join(', ')}`);
  if (!names.includes(name)) throw invalid('name', `must be one of ${names.join(', ')}`);
  return name;
}

/** @param generated secrets to show this once */
export function showConnection(
  connection: Connection,
  kind: ConnectionKind | undefined,
  baseUrl: string,
  generated: Readonly<Record<string, string>> = {},
) {
  const { id } = connection;
  return {
    id,
    kind: connection.kind,
    name: connection.name,
    settings: connection.settings,
    active: connection.active,
    state: connection.state,
    urls: (kind?.inbound ?? []).map(({ label, path }) => ({
      label,
      url: `${baseUrl}${inboundPath(connection.kind, id, path)}`,
    })),
    old_secrets_until: connection.oldSecretsUntil,
    last_event_at: connection.lastEventAt,
    last_error: connection.lastError,
    last_error_at: connection.lastErrorAt,
    created_by: connection.createdBy,
    created_at: connection.createdAt,
    updated_at: connection.updatedAt,
    ...(Object.keys(generated).length > 0 && { secrets: generated }),
  };
}

/** The path of an inbound URL. @param id the id, or a pattern of ids for the router */
export function inboundPath(kind: string, id: string, path: string): string {
  return `/webhooks/${kind}/${id}${path === '' ? '' : `/${path}`}`;
}
