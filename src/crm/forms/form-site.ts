import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../base/errors.ts';
import { canonicalId, type Uuid } from '../../base/id.ts';
import { Assets, sendAsset } from '../../http/assets.ts';
import { MAX_FIELDS } from '../../http/form-field.ts';
import { JSON_TYPE } from '../../http/media-type.ts';
import { shownError } from '../../http/fastify-error.ts';
import { isOurs } from '../../http/session-cookie.ts';
import { textOf } from '../leads/lead-enrich.ts';
import { receiptOf, refusalError, type SubmissionHandler, type Refusal } from './form-submission-handler.ts';
import {
  formPage,
  messagePage,
  searchOf,
  thanksPage,
  type Frame,
  type LogoOf,
  type PageLogo,
} from './form-page.ts';
import type { FormStore } from './form-store.ts';
import { CONTROLS, fieldsOfPage, otherFields, unknownNames, UTM } from './form-values.ts';
import { FORM_ID, fromPublicId, publicId, type Form } from './form.ts';

/** The bundled files of web/forms/; the path is the same from src/crm/forms and dist/crm/forms. */
const ASSETS = new URL('../../../dist/web/forms/', import.meta.url);
const PATH = '/f/:id';
/** Other sites link to these files, so their names have no hash; hence the short caching. */
const AN_HOUR = 'public, max-age=3600';

export interface FormSiteParts {
  store: FormStore;
  handler: SubmissionHandler;
  /** The configured public URL, or ''. */
  publicUrl: string;
  logoOf: LogoOf;
}

interface Visited {
  workspaceId: Uuid;
  form: Form;
}

/**
 * The public routes of forms, without authentication: the hosted page, its thanks page, the script that embeds it, and
 * the JSON endpoint for the sites that the form allows.
 */
export function mountFormSite(app: FastifyInstance, parts: FormSiteParts): void {
  const site = new FormSite(parts);
  const route = { schema: { hide: true } };

  app.get<{ Params: { name: string } }>('/f/assets/:name', route, (request, reply) =>
    site.sendAsset(request.params.name, request, reply),
  );
  app.get(PATH, route, (request, reply) => answerWithPage(reply, () => site.openPage(request, reply)));
  app.get(`${PATH}/thanks`, route, (request, reply) =>
    answerWithPage(reply, () => site.thanks(request, reply)),
  );
  app.get(`${PATH}/embed.js`, route, async (request, reply) => {
    await site.findForm(request);
    return site.sendAsset('embed.js', request, reply);
  });
  app.options(PATH, route, (request, reply) => site.preflight(request, reply));
  app.options(`${PATH}/session`, route, (request, reply) => site.preflight(request, reply));
  app.get(`${PATH}/session`, route, (request, reply) => site.openSession(request, reply));
  app.post(
    PATH,
    {
      ...route,
      config: { takesForms: true, maxFields: MAX_FIELDS },
      errorHandler(error, request, reply) {
        const refusal = isJson(request) ? null : shownError(error, request);
        if (refusal === null) return app.errorHandler(error, request, reply);
        void site.sendUnreadable(refusal, request, reply);
      },
    },
    (request, reply) =>
      isJson(request)
        ? site.submitJson(request, reply)
        : answerWithPage(reply, () => site.submitPage(request, reply)),
  );
}

/** The handlers of the public routes. */
class FormSite {
  readonly #store: FormStore;
  readonly #handler: SubmissionHandler;
  readonly #publicUrl: string;
  readonly #logoOf: LogoOf;
  readonly #assets = new Assets(ASSETS);

  constructor({ store, handler, publicUrl, logoOf }: FormSiteParts) {
    this.#store = store;
    this.#handler = handler;
    this.#publicUrl = publicUrl;
    this.#logoOf = logoOf;
  }

  sendAsset(name: string, request: FastifyRequest, reply: FastifyReply) {
    return sendAsset(this.#assets, name, request, reply, AN_HOUR);
  }

  /** The active form of the URL. Throws `not_found`. */
  async findForm(request: FastifyRequest): Promise<Visited> {
    const { id: sent = '' } = request.params as { id?: string };
    const id = canonicalId(sent);
    const visited = FORM_ID.test(id) ? await this.#store.visited(fromPublicId(id)!) : undefined;
    if (!visited) throw new ApiError('not_found', 'This form does not exist or is no longer active.');
    return visited;
  }

  async openPage(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { workspaceId, form } = await this.findForm(request);
    const query = request.query as Record<string, unknown>;
    const page = textOf(query[CONTROLS.page]) ?? textOf(request.headers.referer);
    const carried = originFields({ ...query, ...(page !== null && { [CONTROLS.page]: page }) });
    const opened = await this.#handler.open(form.id);
    const logo = await this.#logo(workspaceId);
    const view = { form, values: query, errors: [], notice: null, carried, frame: frameOf(request), logo };
    return sendPage(reply, form, 200, formPage({ ...view, ...inPage(opened) }));
  }

  async thanks(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { workspaceId, form } = await this.findForm(request);
    const logo = await this.#logo(workspaceId);
    return sendPage(reply, form, 200, thanksPage(form, frameOf(request), logo));
  }

  async preflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    this.#checkOrigin(request, reply, (await this.findForm(request)).form);
    return reply.code(204).headers(CORS).send();
  }

  async openSession(request: FastifyRequest, reply: FastifyReply) {
    const { form } = await this.findForm(request);
    this.#checkOrigin(request, reply, form);
    void reply.header('cache-control', 'no-store');
    return { ...(await this.#handler.open(form.id)), form: publicForm(form) };
  }

  async submitJson(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visited = await this.findForm(request);
    this.#checkOrigin(request, reply, visited.form);
    const fields = fieldsOf(request.body);
    const [unknown] = unknownNames(visited.form, fields);
    if (unknown !== undefined)
      throw refusalError({ errors: [{ field: unknown, message: 'is not a known field' }], session: null });
    const refusal = await this.#handler.take(visited, sentOf(request, fields, request.headers.referer));
    if (refusal) throw refusalError(refusal);
    return reply.code(201).send(receiptOf(visited.form));
  }

  async submitPage(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visited = await this.findForm(request);
    const { form } = visited;
    this.#checkOrigin(request, reply, form);
    const sent = request.form ?? {};
    const fields = fieldsOfPage(form, sent);
    const others = otherFields(form, sent);
    const refusal = await this.#handler.take(visited, { ...sentOf(request, fields, undefined), others });
    const frame = frameOf(request);
    if (refusal)
      return sendPage(reply, form, 400, await this.#pageWithErrors(visited, fields, refusal, frame));
    // In a frame, the embedding page follows the redirect (web/forms/embed.ts).
    const thanks = `/f/${publicId(form.id)}/thanks${searchOf(frame)}`;
    return reply.redirect(frame.embedded ? thanks : (form.redirect_url ?? thanks), 303);
  }

  /** Answers a body that could not be read as a form with a page, as every other refusal. */
  async sendUnreadable(refusal: ApiError, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const [wrong] = refusal.fields ?? [];
    const form = wrong && (await this.findForm(request).catch(() => undefined))?.form;
    const label = form?.fields.find(({ key }) => key === wrong!.field)?.label;
    void sendRefusal(reply, refusal, label === undefined ? refusal.message : `${label} ${wrong!.message}`);
  }

  /** The page with the values that were sent and their errors. */
  async #pageWithErrors(
    { workspaceId, form }: Visited,
    fields: Record<string, unknown>,
    { errors, session }: Refusal,
    frame: Frame,
  ): Promise<string> {
    const opened = await this.#handler.open(form.id, session ?? undefined, String(fields[CONTROLS.token]));
    const isStale = session === null;
    return formPage({
      form,
      ...inPage(opened),
      values: fields,
      errors: isStale ? [] : errors,
      notice: isStale ? 'This page was open for a long time. Please send it once more.' : null,
      carried: originFields(fields),
      frame,
      logo: await this.#logo(workspaceId),
    });
  }

  async #logo(workspaceId: Uuid): Promise<PageLogo | null> {
    return (await this.#logoOf(workspaceId)) ?? null;
  }

  /** Allows the form's own sites, and requests without an Origin. Throws `forbidden`. */
  #checkOrigin(request: FastifyRequest, reply: FastifyReply, form: Form): void {
    const { origin } = request.headers;
    void reply.header('vary', 'Origin');
    if (origin === undefined || isOurs(origin, request, this.#publicUrl)) return;
    if (!form.allowed_origins.includes(origin))
      throw new ApiError('forbidden', 'The form does not accept submissions from this site (Origin).');
    void reply.header('access-control-allow-origin', origin);
  }
}

/** Answers a browser with a page, errors too. */
async function answerWithPage(
  reply: FastifyReply,
  answer: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return sendRefusal(reply, error, error.message);
  }
}

function sendRefusal(reply: FastifyReply, { status, headers }: ApiError, message: string): FastifyReply {
  const title = status === 404 ? 'Form not found' : 'The form was not sent';
  return reply
    .code(status)
    .headers({ ...headers, ...pageHeaders(null) })
    .send(messagePage(title, message));
}

function sendPage(reply: FastifyReply, form: Form, status: number, page: string): FastifyReply {
  return reply.code(status).headers(pageHeaders(form)).send(page);
}

/**
 * The page loads only its own files, and nothing inline. The form's sites and the dashboard may frame it. The redirect
 * URL is listed because browsers apply form-action to redirects too. The referrer policy sends the origin: with
 * `no-referrer`, browsers send forms with `Origin: null`.
 */
function pageHeaders(form: Form | null): Record<string, string> {
  const redirect = form?.redirect_url ? ` ${new URL(form.redirect_url).origin}` : '';
  const sites = form?.allowed_origins.map((origin) => ` ${origin}`).join('') ?? '';
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "worker-src 'self'",
      `form-action 'self'${redirect}`,
      "base-uri 'none'",
      `frame-ancestors 'self'${sites}`,
    ].join('; '),
    'referrer-policy': 'strict-origin',
    'x-content-type-options': 'nosniff',
  };
}

const CORS = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '600',
};

function isJson(request: FastifyRequest): boolean {
  return JSON_TYPE.test(request.headers['content-type'] ?? '');
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new ApiError('validation_error', 'body: must be the fields of the form', {
    fields: [{ field: 'body', message: 'must be the fields of the form' }],
  });
}

function sentOf(request: FastifyRequest, fields: Record<string, unknown>, referrer: string | undefined) {
  return { fields, address: request.ip, referrer };
}

function inPage({ token, challenge }: { token: string; challenge: object }) {
  return { token, challenge: JSON.stringify(challenge) };
}

/** Hidden fields that keep where the visitor came from. */
function originFields(fields: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const text = name === CONTROLS.page || UTM.test(name) ? textOf(value) : null;
      return text === null ? [] : [[name, text]];
    }),
  );
}

function frameOf(request: FastifyRequest): Frame {
  const { embed, scheme } = request.query as Record<string, unknown>;
  return {
    embedded: embed === '1',
    scheme: scheme === 'light' || scheme === 'dark' ? scheme : null,
  };
}

/** What a custom front end needs to show the form. */
function publicForm(form: Form) {
  return {
    id: publicId(form.id),
    title: form.title ?? form.name,
    intro: form.intro,
    fields: form.fields.map(({ maps_to: _inside, ...field }) => field),
    consent_text: form.consent_text,
    consent_required: form.consent_required,
    submit_label: form.submit_label,
  };
}
