import type { Uuid } from '../base/id.ts';
import type { Sealer } from '../base/seal.ts';

type Secrets = Readonly<Record<string, string>>;

/** A body as it is stored. */
export interface StoredPayload {
  /** The JSON exactly as sent, except that `[secret]` replaces the secrets of the connection. */
  payload: string;
  /** The JSON exactly as sent, sealed; null if it contains no secret. */
  sealed: Buffer | null;
  /** Of the body, in bytes. */
  size: number;
}

const MASK = '[secret]';

/** Stores bodies exactly, and without a secret in clear text: some systems send the secret in the body. */
export function makeStoredPayloads(sealer: Sealer) {
  const sealedAt = (workspaceId: Uuid) => ({
    workspaceId,
    table: 'connection_event',
    column: 'sealed_payload',
  });
  return {
    /** @param text the JSON exactly as sent; '' without a body */
    store(workspaceId: Uuid, text: string, secrets: readonly Secrets[]): StoredPayload | null {
      if (text === '') return null;
      const payload = withoutSecrets(text, secrets);
      return {
        payload,
        sealed: payload === text ? null : sealer.seal(sealedAt(workspaceId), text),
        size: Buffer.byteLength(text),
      };
    },

    /** The JSON exactly as sent. Throws `SealError` if it was sealed with another key. */
    open: (workspaceId: Uuid, { payload, sealed }: Pick<StoredPayload, 'payload' | 'sealed'>): string =>
      sealed === null ? payload : sealer.open(sealedAt(workspaceId), sealed),
  };
}

export type StoredPayloads = ReturnType<typeof makeStoredPayloads>;

/** A sender may put a secret anywhere, such as into a hidden field. */
function withoutSecrets(text: string, secrets: readonly Secrets[]): string {
  const masked = secrets
    .flatMap((values) => Object.values(values))
    .flatMap((secret) => [JSON.stringify(secret).slice(1, -1), secret])
    .filter((secret) => secret !== '')
    .reduce((left, secret) => left.replaceAll(secret, MASK), text);
  // As a text, which erasure can search too.
  return masked === text || isJson(masked) ? masked : JSON.stringify(masked);
}

/** False if the secret was, for example, a number. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
