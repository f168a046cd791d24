import { createHmac } from 'node:crypto';
import { sameBytes } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Sealer } from '../../base/seal.ts';
import type { Database } from '../../db/pool.ts';

/** What an address of the mail domain is for. */
export type MailTarget =
  /** The return path of a mail that was sent: reports of mail servers come here. */
  | { kind: 'bounce'; workspaceId: Uuid; emailId: Uuid }
  /** The reply address of a mail that was sent. */
  | { kind: 'reply'; workspaceId: Uuid; emailId: Uuid }
  /** The unsubscribe address of a mail that was sent: a mail to it unsubscribes its recipient. */
  | { kind: 'unsub'; workspaceId: Uuid; emailId: Uuid }
  /** The address of a workspace: what is sent there, also as BCC, is recorded. */
  | { kind: 'dropbox'; workspaceId: Uuid };

/**
 * Addresses of this installation's mail domain. Each has a token that only this server can make, so that nobody can guess
 * an address or invent a report. Nothing is stored for an address; upper and lower case are the same.
 */
export interface MailAddresses {
  /** FAIRLEAD_MAIL_DOMAIN; null: there are no such addresses. */
  readonly domain: string | null;
  /** `bounce+{token}@domain`; null without a domain. */
  bounce(workspaceId: Uuid, emailId: Uuid): Promise<string | null>;
  /** `reply+{token}@domain`; null without a domain. */
  reply(workspaceId: Uuid, emailId: Uuid): Promise<string | null>;
  /** `unsub+{token}@domain`; null without a domain. */
  unsubscribe(workspaceId: Uuid, emailId: Uuid): Promise<string | null>;
  /** `{workspace slug}+{token}@domain`; null without a domain. */
  dropbox(workspaceId: Uuid): Promise<string | null>;
  /** Null for an address of another domain, an unknown workspace, and a token that this server did not make. */
  read(address: string): Promise<MailTarget | null>;
}

const MAIL_KINDS = ['bounce', 'reply', 'unsub'] as const;
type MailKind = (typeof MAIL_KINDS)[number];

function isMailKind(name: string): name is MailKind {
  return (MAIL_KINDS as readonly string[]).includes(name);
}

/** Email id, client number of the workspace. */
const SIGNED_BYTES = 16 + 4;
const MAC_BYTES = 10;
/** 30 bytes in base32: with `bounce+`, 55 of the 64 characters that a local part may have. */
const MAIL_TOKEN = /^[a-z2-7]{48}$/;
const DROPBOX_TOKEN = /^[a-z2-7]{16}$/;
const MAX_CACHED = 10_000;

const NUMBER = { name: 'workspace.client-number', text: 'select client_number from workspace where id = $1' };
const BY_NUMBER = {
  name: 'workspace.by-client-number',
  text: 'select id from workspace where client_number = $1',
};
const DROPBOX = {
  name: 'inbound_email.dropbox',
  text: `select w.id, w.slug, coalesce(s.address_version, 1) as version
         from workspace w left join inbound_email_setting s on s.workspace_id = w.id where w.id = $1`,
};
/** By the present or a former slug. */
const DROPBOX_BY_SLUG = {
  name: 'inbound_email.dropbox-by-slug',
  text: `select k.workspace_id as id, k.slug, coalesce(s.address_version, 1) as version
         from workspace_slug k left join inbound_email_setting s on s.workspace_id = k.workspace_id
         where k.slug = $1`,
};

interface Dropbox {
  id: Uuid;
  slug: string;
  version: number;
}

export function makeMailAddresses(parts: {
  db: Pick<Database, 'read'>;
  sealer: Pick<Sealer, 'derive'>;
  /** '' if the installation has no mail domain. */
  mailDomain: string;
}): MailAddresses {
  const { db, sealer } = parts;
  const domain = parts.mailDomain.toLowerCase() || null;
  const key = sealer.derive('mail address');
  /** A client number never changes. */
  const numbers = new Map<Uuid, number>();

  const macOf = (kind: string, signed: Buffer) =>
    createHmac('sha256', key).update(`${kind}\n`).update(signed).digest().subarray(0, MAC_BYTES);

  async function numberOf(workspaceId: Uuid): Promise<number> {
    const known = numbers.get(workspaceId);
    if (known !== undefined) return known;
    const [row] = await db.read<{ client_number: number }>(NUMBER, [workspaceId]);
    if (numbers.size >= MAX_CACHED) numbers.clear();
    numbers.set(workspaceId, row!.client_number);
    return row!.client_number;
  }

  async function mailAddress(kind: MailKind, workspaceId: Uuid, emailId: Uuid) {
    if (domain === null) return null;
    const signed = Buffer.alloc(SIGNED_BYTES);
    signed.write(emailId.replaceAll('-', ''), 'hex');
    signed.writeUInt32BE(await numberOf(workspaceId), 16);
    return `${kind}+${base32(Buffer.concat([signed, macOf(kind, signed)]))}@${domain}`;
  }

  async function readMail(kind: MailKind, token: string): Promise<MailTarget | null> {
    const bytes = fromBase32(token);
    const signed = bytes.subarray(0, SIGNED_BYTES);
    if (!sameBytes(bytes.subarray(SIGNED_BYTES), macOf(kind, signed))) return null;
    const [row] = await db.read<{ id: Uuid }>(BY_NUMBER, [signed.readUInt32BE(16)]);
    const hex = signed.toString('hex', 0, 16);
    const emailId = [0, 8, 12, 16, 20].map((start, n, all) => hex.slice(start, all[n + 1])).join('-');
    return row ? { kind, workspaceId: row.id, emailId } : null;
  }

  const dropboxToken = ({ id, version }: Dropbox) =>
    base32(macOf('dropbox', Buffer.from(`${id}\n${version}`)));

  async function readDropbox(slug: string, token: string): Promise<MailTarget | null> {
    if (!DROPBOX_TOKEN.test(token)) return null;
    const [row] = await db.read<Dropbox>(DROPBOX_BY_SLUG, [slug]);
    const isRight = row && sameBytes(Buffer.from(token), Buffer.from(dropboxToken(row)));
    return isRight ? { kind: 'dropbox', workspaceId: row.id } : null;
  }

  return {
    domain,
    bounce: (workspaceId, emailId) => mailAddress('bounce', workspaceId, emailId),
    reply: (workspaceId, emailId) => mailAddress('reply', workspaceId, emailId),
    unsubscribe: (workspaceId, emailId) => mailAddress('unsub', workspaceId, emailId),

    async dropbox(workspaceId) {
      if (domain === null) return null;
      const [row] = await db.read<Dropbox>(DROPBOX, [workspaceId]);
      return row ? `${row.slug}+${dropboxToken(row)}@${domain}` : null;
    },

    async read(address) {
      const [, name = '', token = '', host] =
        /^([^\s@+]{1,64})\+([a-z2-7]{1,64})@([^\s@]{1,255})$/.exec(address.trim().toLowerCase()) ?? [];
      if (domain === null || host !== domain) return null;
      // A workspace can have such a slug; the tokens differ in length.
      return isMailKind(name) && MAIL_TOKEN.test(token) ? readMail(name, token) : readDropbox(name, token);
    },
  };
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Bytes in base32 (RFC 4648) in lower case; their number is a multiple of five. */
function base32(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 5) {
    const group = bytes.readUIntBE(at, 5);
    for (let power = 7; power >= 0; power--) text += ALPHABET[Math.floor(group / 32 ** power) % 32];
  }
  return text;
}

function fromBase32(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / 8) * 5);
  for (let at = 0; at < text.length; at += 8) {
    let group = 0;
    for (const letter of text.slice(at, at + 8)) group = group * 32 + ALPHABET.indexOf(letter);
    bytes.writeUIntBE(group, (at / 8) * 5, 5);
  }
  return bytes;
}
