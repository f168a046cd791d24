import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { brotliDecompress, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Content codings of responses; `identity` is uncompressed. */
export type Coding = 'br' | 'gzip' | 'identity';

/** Media types by file extension. */
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const inflate = promisify(brotliDecompress);
const deflate = promisify(gzip);

/** A file of the package. */
interface Asset {
  type: string;
  /** A hash of the content, for the ETag. */
  tag: string;
  bytes: Map<Coding, Promise<Buffer>>;
}

/**
 * Static files for browsers. The bundler writes Brotli only, a quarter of the original size. Browsers accept only
 * gzip over plain HTTP, so the other codings are made on first request and cached.
 */
export class Assets {
  readonly #files = new Map<string, Asset>();

  /** @param folder whose `*.br` files are served; read once */
  constructor(folder: URL) {
    for (const entry of readdirSync(folder)) {
      const name = entry.replace(/\.br$/, '');
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
      if (name === entry || type === undefined) continue;
      const bytes = readFileSync(new URL(entry, folder));
      const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
      this.#files.set(name, { type, tag, bytes: new Map([['br', Promise.resolve(bytes)]]) });
    }
  }

  /** A file's media type and tag; undefined if no file has this name. */
  find(name: string): Pick<Asset, 'type' | 'tag'> | undefined {
    return this.#files.get(name);
  }

  /** The bytes of a file that exists. */
  async read(name: string, coding: Coding): Promise<Buffer> {
    const { bytes } = this.#files.get(name)!;
    let made = bytes.get(coding);
    if (!made) {
      made = this.#make(name, coding);
      bytes.set(coding, made);
      // A failure, such as out of memory, may be temporary.
      made.catch(() => bytes.delete(coding));
    }
    return made;
  }

  async #make(name: string, coding: Coding): Promise<Buffer> {
    if (coding === 'gzip') return deflate(await this.read(name, 'identity'));
    return inflate(await this.read(name, 'br'));
  }
}

/** The best coding that an `Accept-Encoding` allows; without the header, `identity`. */
export function codingFor(accepted: string | undefined): Coding {
  const weights = new Map(
    (accepted ?? '').split(',').map((part) => {
      const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      const weight = parameters.find((text) => text.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  const takes = (coding: Coding) => (weights.get(coding) ?? weights.get('*') ?? 0) > 0;
  return (['br', 'gzip'] as const).find(takes) ?? 'identity';
}

/**
 * Sends a file in the best coding that the client accepts, or 404.
 * @param cacheControl value of the Cache-Control header
 */
export async function sendAsset(
  assets: Assets,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
  cacheControl: string,
): Promise<FastifyReply> {
  const asset = assets.find(name);
  if (!asset) {
    reply.callNotFound();
    return reply;
  }
  const coding = codingFor(request.headers['accept-encoding']);
  const etag = `"${asset.tag}.${coding}"`;
  reply.headers({
    'cache-control': cacheControl,
    vary: 'accept-encoding',
    etag,
    'x-content-type-options': 'nosniff',
  });
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
  if (coding !== 'identity') reply.header('content-encoding', coding);
  return reply.header('content-type', asset.type).send(await assets.read(name, coding));
}
