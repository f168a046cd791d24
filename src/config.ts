import { z } from 'zod';
import { StartError } from './base/errors.ts';
import { parseKey } from './base/seal.ts';

/**
 * All settings: name in the environment, default, and meaning. The program reads nothing else from the
 * environment, except the user's data directories (HOME, XDG_DATA_HOME; db/embedded/data-dir-location.mjs). docs/configuration.md
 * is generated from this table.
 */
export const SETTINGS = {
  PORT: {
    default: '3000',
    means: 'The HTTP port. 0 chooses a free one.',
    read: z.coerce.number().int().min(0).max(65535),
  },
  HOST: {
    default: '127.0.0.1',
    means: 'The address to listen on. 0.0.0.0 serves the network; put a TLS proxy in front of it.',
    read: z.string().min(1),
  },
  FAIRLEAD_DATA_DIR: {
    default: './data',
    means:
      'The directory of the embedded database, its password, the secret key and the files. If unset, and if ./data cannot be used: see below.',
    read: z.string().min(1),
  },
  DATABASE_URL: {
    default: '',
    means: 'A PostgreSQL (15 or newer) to use instead of the embedded one: postgres://user:pass@host/name.',
    read: z.union([z.literal(''), z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgres://')]),
  },
  FAIRLEAD_SECRET_KEY: {
    default: '',
    means:
      'Encrypts stored secrets: 32 bytes as 64 hex digits or base64. If unset, generated and kept in the data directory; required with DATABASE_URL.',
    read: z.union([
      z.literal(''),
      z.string().refine((text) => parseKey(text) !== null, 'must be 32 bytes, as 64 hex digits or base64'),
    ]),
  },
  FAIRLEAD_PUBLIC_URL: {
    default: '',
    means:
      'The public URL of this installation; default http://HOST:PORT. The dashboard works only there and on this machine.',
    read: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
  },
  FAIRLEAD_SERVICES: {
    default: 'api,worker,web',
    means:
      'The parts that this process runs: api (HTTP), worker (delivery, background jobs, maintenance), web (the pages under /docs).',
    read: list(z.enum(['api', 'worker', 'web'])).refine((parts) => parts.length > 0, 'names no service'),
  },
  FAIRLEAD_EGRESS_ALLOW: {
    default: '',
    means:
      'Private ranges (CIDRs, comma-separated) that webhooks may reach, also by plain HTTP. All other non-public addresses are refused.',
    read: list(z.union([z.cidrv4(), z.cidrv6()])),
  },
  FAIRLEAD_EGRESS_IPS: {
    default: '',
    means: 'The source addresses of deliveries, for allow-lists of receivers.',
    read: list(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])),
  },
  FAIRLEAD_TRUST_PROXY: {
    default: '',
    means: 'Addresses or CIDRs of proxies whose X-Forwarded-For is trusted.',
    read: list(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])),
  },
  SMTP_URL: {
    default: '',
    means:
      'The mail server: smtp://user:pass@host:587, or smtps://…. If unset, no mail is sent, and links are shown to the user who creates them.',
    read: z.union([z.literal(''), z.url({ protocol: /^smtps?$/ })]),
  },
  FAIRLEAD_MAIL_FROM: {
    default: 'Fairlead <fairlead@localhost>',
    means: 'The sender of mail.',
    read: z
      .string()
      .min(3)
      .regex(/^[^\r\n]+@[^\r\n]+$/, 'must be an address, or a name with an address in <>'),
  },
  FAIRLEAD_MAIL_DOMAIN: {
    default: '',
    means:
      'The domain whose mail arrives here, as in.example.com: for replies, return paths and the address of each workspace. It needs an MX record for FAIRLEAD_SMTP_LISTEN, or a provider that forwards it.',
    read: z.union([
      z.literal(''),
      z
        .string()
        .max(190)
        .regex(
          /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/i,
          'must be a domain, such as in.example.com',
        ),
    ]),
  },
  FAIRLEAD_SMTP_LISTEN: {
    default: '',
    means:
      'The address on which mail for FAIRLEAD_MAIL_DOMAIN is received by SMTP: host:port, such as 0.0.0.0:25. If unset, none is.',
    read: z.union([
      z.literal(''),
      z.string().regex(/^(\[[0-9a-f:]+\]|[^\s:[\]]+):\d{1,5}$/i, 'must be host:port, such as 0.0.0.0:25'),
    ]),
  },
  FAIRLEAD_SMTP_TLS_CERT: {
    default: '',
    means:
      'A file with the PEM certificate chain for STARTTLS at FAIRLEAD_SMTP_LISTEN. If unset, mail is received without TLS.',
    read: z.string(),
  },
  FAIRLEAD_SMTP_TLS_KEY: {
    default: '',
    means: 'A file with the PEM key of FAIRLEAD_SMTP_TLS_CERT.',
    read: z.string(),
  },
  FAIRLEAD_LOG_LEVEL: {
    default: 'info',
    means:
      'trace, debug, info, warn, error or silent. The log is JSON lines on standard error; on a terminal, it is readable text.',
    read: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
  },
  FAIRLEAD_RETENTION_DAYS: {
    default: '90',
    means:
      'How long events and delivery attempts are kept, in days; at least 31, longer than a delivery may wait.',
    read: z.coerce.number().int().min(31).max(3650),
  },
  FAIRLEAD_LEADS_PER_HOUR: {
    default: '100',
    means:
      'Maximum leads per hour of a workspace by POST /api/v1/leads, unless the workspace has set its own; 0: no limit.',
    read: z.coerce.number().int().min(0).max(1_000_000),
  },
  FAIRLEAD_FILE_MAX_MB: {
    default: '10',
    means: 'The largest file, in MB (1,048,576 bytes); at most 100, since a file is held in memory.',
    read: z.coerce.number().int().min(1).max(100),
  },
  FAIRLEAD_WORKSPACE_FILES_MAX_MB: {
    default: '1024',
    means: 'How large all files of a workspace may be together, in MB (1,048,576 bytes).',
    read: z.coerce.number().int().min(1).max(100_000_000),
  },
  FAIRLEAD_API_KEY: {
    default: '',
    means:
      'The API key of `fairlead listen` and `fairlead mcp`, unless --key-file is used; the server does not need it.',
    read: z.string(),
  },
  CRM_WEBHOOK_SECRET: {
    default: '',
    means:
      'The secret that another CRM sends with POST /webhooks/crm/lead, for the default workspace. Workspaces can create further ones under /api/v1/inbound-secrets.',
    read: z.string(),
  },
  CRM_CALLBACK_SECRET: {
    default: '',
    means: 'The same; used if CRM_WEBHOOK_SECRET is not set.',
    read: z.string(),
  },
  FAIRLEAD_METRICS_TOKEN: {
    default: '',
    means:
      'If set, GET /metrics requires it as a bearer token; otherwise anyone who reaches the port can read /metrics.',
    read: z.string(),
  },
} as const satisfies Record<string, { default: string; means: string; read: z.ZodType }>;

type Settings = { [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]['read']> };

export type Service = 'api' | 'worker' | 'web';

/** The parsed settings, read once at the start. */
export interface Config {
  port: number;
  host: string;
  dataDir: string;
  /** Whether the directory was chosen because ./data cannot be used (data-directory.ts). */
  dataDirChosen: boolean;
  databaseUrl: string;
  secretKey: string;
  publicUrl: string;
  services: readonly Service[];
  egressAllow: readonly string[];
  egressIps: readonly string[];
  trustProxy: readonly string[];
  /** Null if no mail is sent. */
  mail: { smtpUrl: string; from: string } | null;
  /** In lower case; '' if no mail arrives here. */
  mailDomain: string;
  /** Null if no mail is received by SMTP. */
  smtpListen: { host: string; port: number; certFile: string; keyFile: string } | null;
  logLevel: string;
  retentionDays: number;
  apiKey: string;
  metricsToken: string;
  leadsPerHour: number;
  /** In MB. */
  fileMaxMb: number;
  workspaceFilesMaxMb: number;
  /** The secret of the inbound CRM webhook of the default workspace; '' if none is set. */
  crmWebhookSecret: string;
}

/**
 * Reads the settings. An invalid value, or an unknown name that starts with `FAIRLEAD_`, throws `StartError` with
 * one line that names it.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  for (const name of Object.keys(env)) {
    if (name.startsWith('FAIRLEAD_') && !(name in SETTINGS)) {
      throw new StartError(`${name} is not a setting. Known: ${Object.keys(SETTINGS).join(', ')}.`);
    }
  }
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const result = setting.read.safeParse(env[name] || setting.default);
    if (!result.success) {
      // The value is not repeated: it may be a secret or contain a password.
      throw new StartError(`${name} ${result.error.issues.map(issueText).join('; ')}. ${setting.means}`);
    }
    values[name] = result.data;
  }
  const read = values as Settings;
  if (read.DATABASE_URL && !read.FAIRLEAD_SECRET_KEY) {
    throw new StartError(
      'FAIRLEAD_SECRET_KEY must be set with DATABASE_URL: 32 bytes, e.g. from `openssl rand -hex 32`.',
    );
  }
  return {
    port: read.PORT,
    host: read.HOST,
    dataDir: read.FAIRLEAD_DATA_DIR,
    dataDirChosen: false,
    databaseUrl: read.DATABASE_URL,
    secretKey: read.FAIRLEAD_SECRET_KEY,
    publicUrl: read.FAIRLEAD_PUBLIC_URL.replace(/\/+$/, ''),
    services: read.FAIRLEAD_SERVICES,
    egressAllow: read.FAIRLEAD_EGRESS_ALLOW,
    egressIps: read.FAIRLEAD_EGRESS_IPS,
    trustProxy: read.FAIRLEAD_TRUST_PROXY,
    mail: read.SMTP_URL === '' ? null : { smtpUrl: read.SMTP_URL, from: read.FAIRLEAD_MAIL_FROM },
    mailDomain: read.FAIRLEAD_MAIL_DOMAIN.toLowerCase(),
    smtpListen: smtpListenOf(read),
    logLevel: read.FAIRLEAD_LOG_LEVEL,
    retentionDays: read.FAIRLEAD_RETENTION_DAYS,
    apiKey: read.FAIRLEAD_API_KEY,
    metricsToken: read.FAIRLEAD_METRICS_TOKEN,
    leadsPerHour: read.FAIRLEAD_LEADS_PER_HOUR,
    fileMaxMb: read.FAIRLEAD_FILE_MAX_MB,
    workspaceFilesMaxMb: read.FAIRLEAD_WORKSPACE_FILES_MAX_MB,
    crmWebhookSecret: read.CRM_WEBHOOK_SECRET || read.CRM_CALLBACK_SECRET,
  };
}

function smtpListenOf(read: Settings): Config['smtpListen'] {
  const {
    FAIRLEAD_SMTP_LISTEN: listen,
    FAIRLEAD_SMTP_TLS_CERT: certFile,
    FAIRLEAD_SMTP_TLS_KEY: keyFile,
  } = read;
  if ((certFile === '') !== (keyFile === ''))
    throw new StartError('FAIRLEAD_SMTP_TLS_CERT and FAIRLEAD_SMTP_TLS_KEY must be set together.');
  if (listen === '') return null;
  if (read.FAIRLEAD_MAIL_DOMAIN === '')
    throw new StartError(
      'FAIRLEAD_MAIL_DOMAIN must be set with FAIRLEAD_SMTP_LISTEN: the domain of the addresses.',
    );
  const at = listen.lastIndexOf(':');
  const port = Number(listen.slice(at + 1));
  if (port > 65_535) throw new StartError('FAIRLEAD_SMTP_LISTEN must have a port of at most 65535.');
  return { host: listen.slice(0, at).replaceAll(/[[\]]/g, ''), port, certFile, keyFile };
}

/** A comma-separated list whose entries have the schema `entry`; spaces around entries are ignored. */
function list<T extends z.ZodType<unknown, string>>(entry: T) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(entry));
}

function issueText(issue: z.core.$ZodIssue): string {
  const at = issue.path.length > 0 ? `entry ${Number(issue.path[0]) + 1}: ` : '';
  return `is not valid: ${at}${issue.message}`;
}
