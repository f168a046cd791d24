import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../base/errors.ts';
import { canonicalId, type Uuid } from '../../base/id.ts';
import { storableText } from '../../base/values/submission-origin.ts';
import type { PageVisits } from '../../http/public/page-visits.ts';
import { CONTROLS, frameOf, messagePage, searchOf, type Frame } from '../../http/public/public-page.ts';
import { PublicRoutes, sendPage } from '../../http/public/public-routes.ts';
import { receiptOf, refusalError, type SubmissionHandler, type Refusal } from './form-submission-handler.ts';
import { FORM_FILES, formPage, thanksPage, type LogoOf, type PageLogo } from './form-page.ts';
import type { FormStore } from './form-store.ts';
import { fieldsOfPage, otherFields, unknownNames, UTM } from './form-values.ts';
import { FORM_ID, fromPublicId, publicId, type Form } from './form.ts';

const PATH = '/f/:id';

export interface FormSiteParts {
  store: FormStore;
  visits: PageVisits;
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
  const routes = new PublicRoutes(app, {
    publicUrl: parts.publicUrl,
    refusalPage: ({ status }, message) =>
      messagePage(status === 404 ? 'Form not found' : 'The form was not sent', message, FORM_FILES),
    forbiddenSite: 'The form does not accept submissions from this site (Origin).',
  });
  const site = new FormSite(routes, parts);
  const formOf = async (request: FastifyRequest) => (await site.findForm(request)).form;

  routes.assets('/f/assets');
  routes.page(PATH, (request, reply) => site.openPage(request, reply));
  routes.page(`${PATH}/thanks`, (request, reply) => site.thanks(request, reply));
  routes.data(`${PATH}/embed.js`, async (request, reply) => {
    await site.findForm(request);
    return routes.sendAsset('embed.js', request, reply);
  });
  routes.preflight(PATH, formOf);
  routes.preflight(`${PATH}/session`, formOf);
  routes.data(`${PATH}/session`, (request, reply) => site.openSession(request, reply));
  routes.submission(PATH, {
    form: (request, reply) => site.submitPage(request, reply),
    json: (request, reply) => site.submitJson(request, reply),
    messageFor: (refusal, request) => site.messageFor(refusal, request),
  });
}

/** The handlers of the public routes. */
class FormSite {
  readonly #routes: PublicRoutes;
  readonly #store: FormStore;
  readonly #visits: PageVisits;
  readonly #handler: SubmissionHandler;
  readonly #logoOf: LogoOf;

  constructor(routes: PublicRoutes, { store, visits, handler, logoOf }: FormSiteParts) {
    this.#routes = routes;
    this.#store = store;
    this.#visits = visits;
    this.#handler = handler;
    this.#logoOf = logoOf;
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
    const query = queryOf(request);
    const page = storableText(query[CONTROLS.page]) ?? storableText(request.headers.referer);
    const carried = originFields({ ...query, ...(page !== null && { [CONTROLS.page]: page }) });
    const opened = await this.#visits.open(form.id);
    const logo = await this.#logo(workspaceId);
    const view = { form, values: query, errors: [], notice: null, carried, frame: frameOf(query), logo };
    return sendPage(reply, form, 200, formPage({ ...view, ...inPage(opened) }));
  }

  async thanks(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { workspaceId, form } = await this.findForm(request);
    const logo = await this.#logo(workspaceId);
    return sendPage(reply, form, 200, thanksPage(form, frameOf(queryOf(request)), logo));
  }

  async openSession(request: FastifyRequest, reply: FastifyReply) {
    const { form } = await this.findForm(request);
    this.#routes.checkOrigin(request, reply, form);
    void reply.header('cache-control', 'no-store');
    return { ...(await this.#visits.open(form.id)), form: publicForm(form) };
  }

  async submitJson(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visited = await this.findForm(request);
    this.#routes.checkOrigin(request, reply, visited.form);
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
    this.#routes.checkOrigin(request, reply, form);
    const sent = request.form ?? {};
    const fields = fieldsOfPage(form, sent);
    const others = otherFields(form, sent);
    const refusal = await this.#handler.take(visited, { ...sentOf(request, fields, undefined), others });
    const frame = frameOf(queryOf(request));
    if (refusal)
      return sendPage(reply, form, 400, await this.#pageWithErrors(visited, fields, refusal, frame));
    // In a frame, the embedding page follows the redirect (web/public/embed.ts).
    const thanks = `/f/${publicId(form.id)}/thanks${searchOf(frame)}`;
    return reply.redirect(frame.embedded ? thanks : (form.redirect_url ?? thanks), 303);
  }

  /** The message for a body that could not be read, with the label of the field. */
  async messageFor({ fields, message }: ApiError, request: FastifyRequest): Promise<string> {
    const [wrong] = fields ?? [];
    const form = wrong && (await this.findForm(request).catch(() => undefined))?.form;
    const label = form?.fields.find(({ key }) => key === wrong!.field)?.label;
    return label === undefined ? message : `${label} ${wrong!.message}`;
  }

  /** The page with the values that were sent and their errors. */
  async #pageWithErrors(
    { workspaceId, form }: Visited,
    fields: Record<string, unknown>,
    { errors, session }: Refusal,
    frame: Frame,
  ): Promise<string> {
    const token = String(fields[CONTROLS.token]);
    const opened = await this.#visits.open(form.id, session ? { session, token } : undefined);
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
}

function queryOf(request: FastifyRequest): Record<string, unknown> {
  return request.query as Record<string, unknown>;
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
      const text = name === CONTROLS.page || UTM.test(name) ? storableText(value) : null;
      return text === null ? [] : [[name, text]];
    }),
  );
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
