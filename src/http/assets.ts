import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { brotliDecompress, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** How the bytes of an answer can be coded; `identity` is not at all. */
export type Coding = 'br' | 'gzip' | 'identity';

/** What an extension of a bundled file stands for. */
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const inflate = promisify(brotliDecompress);
const deflate = promisify(gzip);

/** A file as it lies in the package. */
interface Asset {
  type: string;
  /** Changes with what is in it. */
  tag: string;
  bytes: Map<Coding, Promise<Buffer>>;
}

/**
 * Files for browsers. The bundler leaves them coded by Brotli alone, a quarter of their size; over plain HTTP
 * browsers take gzip at most, so the other codings are made when first asked for, and kept.
 */
export class Assets {
  readonly #files = new Map<string, Asset>();

  /** @param folder whose `*.br` are served, read once */
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

  /** A file's media type and its tag; undefined where there is none of this name. */
  find(name: string): Pick<Asset, 'type' | 'tag'> | undefined {
    return this.#files.get(name);
  }

  /** The bytes of a file that there is. */
  async read(name: string, coding: Coding): Promise<Buffer> {
    const { bytes } = this.#files.get(name)!;
    let made = bytes.get(coding);
    if (!made) {
      made = this.#make(name, coding);
      bytes.set(coding, made);
      // What failed, for want of memory, may work the next time.
      made.catch(() => bytes.delete(coding));
    }
    return made;
  }

  async #make(name: string, coding: Coding): Promise<Buffer> {
    if (coding === 'gzip') return deflate(await this.read(name, 'identity'));
    return inflate(await this.read(name, 'br'));
  }
}

/** The best coding that an `Accept-Encoding` allows; a client that sends none gets the bytes as they are. */
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
 * Answers with a file, in the best coding that the client takes, or that there is none.
 * @param cacheControl how long a browser may keep it
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
