import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../base/errors.ts';
import { Assets, sendAsset } from '../assets.ts';
import { shownError } from '../fastify-error.ts';
import { MAX_FIELDS } from '../form-field.ts';
import { JSON_TYPE } from '../media-type.ts';
import { isOurs } from '../session-cookie.ts';
import type { PageAddresses } from './page-address.ts';
import { pageHeaders, type PageAccess } from './page-headers.ts';

/** The bundled files of web/public/, for every kind of public page; the path is the same from src and dist. */
const FILES = new URL('../../../dist/web/public/', import.meta.url);

/** Other sites link to these files, so their names have no hash; hence the short caching. */
const AN_HOUR = 'public, max-age=3600';

const CORS = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '600',
};

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Handlers of what a page sends. */
export interface SubmissionHandlers {
  /** The page's own form, also without JavaScript; the fields are `request.form`. */
  form: Handler;
  /** JSON, from scripts; without it, JSON is refused as an unsupported media type. */
  json?: Handler;
  /** The message for a body that could not be read; default: that of the error. */
  messageFor?(refusal: ApiError, request: FastifyRequest): Promise<string>;
}

export interface PublicRouteParts {
  /** The configured public URL, or ''. */
  publicUrl: string;
  /** The page of a refusal. @param message the error's, in the words of the page */
  refusalPage(error: ApiError, message: string): string;
  /** The message for a request from a site that the page does not allow. */
  forbiddenSite: string;
}

/**
 * Routes for people without an account, outside the API's document. A browser gets every refusal as a page; JSON gets
 * the API's errors.
 */
export class PublicRoutes {
  readonly #app: FastifyInstance;
  readonly #parts: PublicRouteParts;
  readonly #assets: Assets;

  constructor(app: FastifyInstance, parts: PublicRouteParts) {
    this.#app = app;
    this.#parts = parts;
    this.#assets = new Assets(FILES);
  }

  /** A page. */
  page(path: string, handler: Handler): void {
    this.#app.get(path, (request, reply) => this.#answerWithPage(reply, () => handler(request, reply)));
  }

  /** Data for the page's script, or a file. */
  data(path: string, handler: Handler): void {
    this.#app.get(path, handler);
  }

  /** What a page sends. */
  submission(path: string, { form, json, messageFor }: SubmissionHandlers): void {
    const options = {
      config: { takesForms: true, maxFields: MAX_FIELDS },
      errorHandler: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
        const refusal = isJson(request) ? null : shownError(error, request);
        if (refusal === null) this.#app.errorHandler(error as never, request, reply);
        else void this.#sendUnreadable(refusal, request, reply, messageFor);
      },
    };
    this.#app.post(path, options, (request, reply) => {
      if (!isJson(request)) return this.#answerWithPage(reply, () => form(request, reply));
      if (json) return json(request, reply);
      throw new ApiError('unsupported_media_type', 'Send a form.');
    });
  }

  /** Answers browsers that ask whether another site may send JSON. */
  preflight(path: string, pageOf: (request: FastifyRequest) => Promise<PageAddresses>): void {
    this.#app.options(path, async (request, reply) => {
      this.checkOrigin(request, reply, await pageOf(request));
      return reply.code(204).headers(CORS).send();
    });
  }

  /** The bundled files, below a path. */
  assets(path: string): void {
    this.#app.get<{ Params: { name: string } }>(`${path}/:name`, (request, reply) =>
      this.sendAsset(request.params.name, request, reply),
    );
  }

  sendAsset(name: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    return sendAsset(this.#assets, name, request, reply, AN_HOUR);
  }

  /** Allows the page's own sites, and requests without an Origin. Throws `forbidden`. */
  checkOrigin(request: FastifyRequest, reply: FastifyReply, page: PageAddresses): void {
    const { origin } = request.headers;
    void reply.header('vary', 'Origin');
    if (origin === undefined || isOurs(origin, request, this.#parts.publicUrl)) return;
    if (!page.allowed_origins.includes(origin)) throw new ApiError('forbidden', this.#parts.forbiddenSite);
    void reply.header('access-control-allow-origin', origin);
  }

  /** Answers a browser with a page, errors too. */
  async #answerWithPage(reply: FastifyReply, answer: () => Promise<unknown>): Promise<unknown> {
    try {
      return await answer();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.#sendRefusal(reply, error, error.message);
    }
  }

  /** Answers a body that could not be read with a page, as every other refusal. */
  async #sendUnreadable(
    refusal: ApiError,
    request: FastifyRequest,
    reply: FastifyReply,
    messageFor: SubmissionHandlers['messageFor'],
  ): Promise<void> {
    const message = messageFor ? await messageFor(refusal, request) : refusal.message;
    void this.#sendRefusal(reply, refusal, message);
  }

  #sendRefusal(reply: FastifyReply, error: ApiError, message: string): FastifyReply {
    return reply
      .code(error.status)
      .headers({ ...error.headers, ...pageHeaders(null) })
      .send(this.#parts.refusalPage(error, message));
  }
}

/** Sends a page with its headers. @param page its addresses; null if it has none */
export function sendPage(
  reply: FastifyReply,
  page: PageAddresses | null,
  status: number,
  text: string,
  access?: PageAccess,
): FastifyReply {
  return reply.code(status).headers(pageHeaders(page, access)).send(text);
}

function isJson(request: FastifyRequest): boolean {
  return JSON_TYPE.test(request.headers['content-type'] ?? '');
}
