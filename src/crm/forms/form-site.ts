import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../base/errors.ts';
import { canonicalId, type Uuid } from '../../base/id.ts';
import { Assets, sendAsset } from '../../http/assets.ts';
import { MAX_FIELDS } from '../../http/form-field.ts';
import { JSON_TYPE } from '../../http/media-type.ts';
import { shownError } from '../../http/refusal.ts';
import { isOurs } from '../../http/session-cookie.ts';
import { textOf } from '../leads/lead-enrich.ts';
import { receiptOf, refusalError, type SubmissionHandler, type Refusal } from './form-submission-handler.ts';
import { formPage, messagePage, searchOf, thanksPage, type Frame } from './form-page.ts';
import type { FormStore } from './form-store.ts';
import { CONTROLS, fieldsOfPage, otherFields, unknownNames, UTM } from './form-values.ts';
import { FORM_ID, fromPublicId, publicId, type Form } from './form.ts';

/** What the bundler makes of web/forms/; as seen from src/crm/forms and from dist/crm/forms alike. */
const ASSETS = new URL('../../../dist/web/forms/', import.meta.url);
const PATH = '/f/:id';
/** Other people's pages name them: their names stay. */
const AN_HOUR = 'public, max-age=3600';

export interface FormSiteParts {
  store: FormStore;
  handler: SubmissionHandler;
  /** Where people reach this installation, or '' where nobody said. */
  publicUrl: string;
}

interface Visited {
  workspaceId: Uuid;
  form: Form;
}

/**
 * What visitors see of forms, without a key: the hosted page, its thanks, the script that embeds it, and the JSON
 * endpoint for sites of the form's own choosing.
 */
export function mountFormSite(app: FastifyInstance, parts: FormSiteParts): void {
  const { store, handler, publicUrl } = parts;
  const assets = new Assets(ASSETS);
  const route = { schema: { hide: true } };

  app.get<{ Params: { name: string } }>('/f/assets/:name', route, (request, reply) =>
    sendAsset(assets, request.params.name, request, reply, AN_HOUR),
  );

  async function visitedBy(request: FastifyRequest): Promise<Visited> {
    const { id: sent = '' } = request.params as { id?: string };
    const id = canonicalId(sent);
    const visited = FORM_ID.test(id) ? await store.visited(fromPublicId(id)!) : undefined;
    if (!visited) throw new ApiError('not_found', 'There is no form here, or it takes nothing any more.');
    return visited;
  }

  /** Lets the form's own sites in, and no other; what has no Origin comes from no site. */
  function admitOrigin(request: FastifyRequest, reply: FastifyReply, form: Form): void {
    const { origin } = request.headers;
    void reply.header('vary', 'Origin');
    if (origin === undefined || isOurs(origin, request, publicUrl)) return;
    if (!form.allowed_origins.includes(origin))
      throw new ApiError('forbidden', 'The form takes nothing from this site (Origin).');
    void reply.header('access-control-allow-origin', origin);
  }

  app.get(PATH, route, (request, reply) =>
    answerWithPage(reply, async () => {
      const { form } = await visitedBy(request);
      const query = request.query as Record<string, unknown>;
      const page = textOf(query[CONTROLS.page]) ?? textOf(request.headers.referer);
      const carried = originFields({ ...query, ...(page !== null && { [CONTROLS.page]: page }) });
      const opened = await handler.open(form.id);
      const shown = { form, values: query, errors: [], notice: null, carried, frame: frameOf(request) };
      return sendPage(reply, form, 200, formPage({ ...shown, ...inPage(opened) }));
    }),
  );

  app.get(`${PATH}/thanks`, route, (request, reply) =>
    answerWithPage(reply, async () => {
      const { form } = await visitedBy(request);
      return sendPage(reply, form, 200, thanksPage(form, frameOf(request)));
    }),
  );

  app.get(`${PATH}/embed.js`, route, async (request, reply) => {
    await visitedBy(request);
    return sendAsset(assets, 'embed.js', request, reply, AN_HOUR);
  });

  app.options(PATH, route, (request, reply) => preflight(request, reply));
  app.options(`${PATH}/session`, route, (request, reply) => preflight(request, reply));

  async function preflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    admitOrigin(request, reply, (await visitedBy(request)).form);
    return reply.code(204).headers(CORS).send();
  }

  app.get(`${PATH}/session`, route, async (request, reply) => {
    const { form } = await visitedBy(request);
    admitOrigin(request, reply, form);
    void reply.header('cache-control', 'no-store');
    return { ...(await handler.open(form.id)), form: publicForm(form) };
  });

  app.post(
    PATH,
    {
      ...route,
      config: { takesForms: true, maxFields: MAX_FIELDS },
      errorHandler: (error, request, reply) => void refused(error, request, reply),
    },
    (request, reply) =>
      isJson(request) ? takeJson(request, reply) : answerWithPage(reply, () => takeForm(request, reply)),
  );

  /** What could not even be read as a form is answered like any other refusal: to people with a page. */
  async function refused(error: Error, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const shown = shownError(error, request);
    if (shown === null || isJson(request)) return app.errorHandler(error, request, reply);
    const [wrong] = shown.fields ?? [];
    const form = wrong && (await visitedBy(request).catch(() => undefined))?.form;
    const label = form?.fields.find(({ key }) => key === wrong!.field)?.label;
    void sendRefusal(reply, shown, label === undefined ? shown.message : `${label} ${wrong!.message}`);
  }

  async function takeJson(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visited = await visitedBy(request);
    admitOrigin(request, reply, visited.form);
    const fields = fieldsOf(request.body);
    const [unknown] = unknownNames(visited.form, fields);
    if (unknown !== undefined)
      throw refusalError({ errors: [{ field: unknown, message: 'is not a known field' }], session: null });
    const refusal = await handler.take(visited, sentOf(request, fields, request.headers.referer));
    if (refusal) throw refusalError(refusal);
    return reply.code(201).send(receiptOf(visited.form));
  }

  async function takeForm(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visited = await visitedBy(request);
    const { form } = visited;
    admitOrigin(request, reply, form);
    const sent = request.form ?? {};
    const fields = fieldsOfPage(form, sent);
    const others = otherFields(form, sent);
    const refusal = await handler.take(visited, { ...sentOf(request, fields, undefined), others });
    const frame = frameOf(request);
    if (refusal) return sendPage(reply, form, 400, await pageAgain(form, fields, refusal, frame));
    // Within a frame, the page around it goes there (web/forms/embed.ts).
    const thanks = `/f/${publicId(form.id)}/thanks${searchOf(frame)}`;
    return reply.redirect(frame.embedded ? thanks : (form.redirect_url ?? thanks), 303);
  }

  /** The page with what was sent in it, and what is wrong beside it. */
  async function pageAgain(
    form: Form,
    fields: Record<string, unknown>,
    { errors, session }: Refusal,
    frame: Frame,
  ): Promise<string> {
    const opened = await handler.open(form.id, session ?? undefined, String(fields[CONTROLS.token]));
    const isStale = session === null;
    return formPage({
      form,
      ...inPage(opened),
      values: fields,
      errors: isStale ? [] : errors,
      notice: isStale ? 'This page was open for a long time. Please send it once more.' : null,
      carried: originFields(fields),
      frame,
    });
  }
}

/** Who asks with a browser is answered with a page, whatever it is. */
async function answerWithPage(reply: FastifyReply, answer: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return sendRefusal(reply, error, error.message);
  }
}

function sendRefusal(reply: FastifyReply, { status, headers }: ApiError, message: string): FastifyReply {
  const title = status === 404 ? 'No form here' : 'This did not work';
  return reply
    .code(status)
    .headers({ ...headers, ...pageHeaders(null) })
    .send(messagePage(title, message));
}

function sendPage(reply: FastifyReply, form: Form, status: number, page: string): FastifyReply {
  return reply.code(status).headers(pageHeaders(form)).send(page);
}

/**
 * The page loads nothing from elsewhere and nothing inline; the form's own sites may frame it, and the dashboard. Where
 * a redirect leads is named: browsers hold form-action against it too. It tells others the site alone, ourselves the page:
 * without a Referrer-Policy of that kind, forms are sent with `Origin: null`.
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

/** Where the visitor came from, as it goes along with the page. */
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

/** What a front end of one's own has to ask. */
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
