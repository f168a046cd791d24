import { z } from 'zod';
import type { ApiError, FieldError } from '../../base/errors.ts';
import { INEXACT_NUMBER } from '../../base/values/unstorable.ts';
import { leadUrl } from '../../crm/leads/lead-url.ts';
import { isMissing, makeLeadInput, REQUIRED } from '../../crm/leads/lead-input.ts';
import { prefersRepresentation, REPRESENTATION_APPLIED } from '../../http/prefer.ts';
import type { Answer, ErrorStyle, RenderContext, Route } from '../../http/route.ts';
import type { BatchResult, Receipt } from '../../record/record-create-routes.ts';

/** What RemixCRM's keys need to send (RX3); the workspace's other keys need less. */
export const remixcrmLeadInput = makeLeadInput((sent) => {
  const names = sent['name'] === undefined ? ['first_name', 'last_name'] : [];
  const fields = [...names, 'email', 'phone', 'event_date'];
  return fields.filter((field) => sent[field] === undefined).map((field) => ({ field, message: REQUIRED }));
});

const receiptShape = z
  .object({
    id: z.uuid(),
    status: z
      .enum(['created', 'attached', 'existing'])
      .meta({ description: '`created`, unless `on_duplicate` asks for something else.' }),
    lead_url: z.url().meta({ description: 'The lead in the dashboard.' }),
  })
  .meta({ id: 'LeadReceipt' });

const errorShape = z.object({
  error: z.string(),
  fields: z.array(z.string()).optional(),
  details: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  request_id: z.string(),
});

const batchShape = z.object({
  results: z.array(
    z.object({
      status: z.int(),
      record: receiptShape.optional(),
      error: z.string().optional(),
      fields: z.array(z.string()).optional(),
    }),
  ),
});

/** RemixCRM's errors: a text, and the names of fields (RX6). */
const errors: ErrorStyle = {
  body: (error, requestId) =>
    JSON.stringify({
      ...(error.isSummary ? summaryOf(error.fields!) : textOf(error)),
      request_id: requestId,
    }),
  shape: errorShape.meta({ id: 'LeadError' }),
  appliesTo: (headers) => !prefersRepresentation(headers),
};

/** An error that says what is wrong in words of its own. */
function textOf({ message, fields }: ApiError) {
  return { error: message, ...(fields && { fields: namesOf(fields) }) };
}

/** Fields that a schema refused are named, and no more. */
function summaryOf(fields: readonly FieldError[]) {
  // But that a number has to be sent as a string nobody would guess.
  const details = fields.filter(({ message }) => message === INEXACT_NUMBER);
  return {
    error: fields.every(isMissing) ? 'Missing required fields' : 'Invalid fields',
    fields: namesOf(fields),
    ...(details.length > 0 && { details }),
  };
}

function namesOf(fields: readonly FieldError[]): string[] {
  return [...new Set(fields.map(({ field }) => field))];
}

/**
 * RemixCRM's Lead API around the routes that create leads (RX1 to RX7): its receipt and its errors. Left out
 * where a request prefers the record itself (`Prefer: return=representation`).
 * @param baseUrl where people reach this installation
 */
export function adaptLeadRoute(route: Route, baseUrl: () => string): Route {
  if (route.method !== 'POST') return route;
  if (route.path === '/api/v1/leads') {
    const record = route.answers[201] as z.ZodType;
    const answer = z.union([receiptShape, record]);
    return { ...adapted(route, receiptOf, recordOf), answers: { 200: answer, 201: answer } };
  }
  if (route.path === '/api/v1/leads/batch')
    return {
      ...adapted(route, batchOf, recordsOf),
      answers: { 200: z.union([batchShape, route.answers[200] as z.ZodType]) },
    };
  return route;

  function receiptOf({ id, status }: Receipt): object {
    return { id, status, lead_url: leadUrl(baseUrl, id) };
  }

  function itemError({ message, fields }: { message: string; fields?: FieldError[] }) {
    return fields ? summaryOf(fields) : { error: message };
  }

  function batchOf({ results }: Batch): object {
    return {
      results: results.map((result) =>
        'error' in result
          ? { status: result.status, ...itemError(result.error) }
          : { status: result.status, record: receiptOf(result.record as Receipt) },
      ),
    };
  }

  /** The record, or the receipt if the record was deleted or the caller cannot read it. */
  function recordOf(rendered: object): Rendered {
    return isRecord(rendered)
      ? { body: rendered, isApplied: true }
      : { body: receiptOf(rendered as Receipt), isApplied: false };
  }

  function recordsOf({ results }: Batch): Rendered {
    const rendered = results.map((result) => ('record' in result ? recordOf(result.record) : null));
    return {
      body: {
        results: results.map((result, at) =>
          rendered[at] ? { ...result, record: rendered[at].body } : result,
        ),
      },
      isApplied: rendered.every((item) => item === null || item.isApplied),
    };
  }
}

interface Batch {
  results: BatchResult[];
}

/** A response to a request that prefers records, and whether it has only records. */
interface Rendered {
  body: object;
  isApplied: boolean;
}

function isRecord(rendered: object): boolean {
  return 'version' in rendered;
}

/**
 * @param shown RemixCRM's answer, of the receipt that is stored
 * @param preferred what a request that prefers the record gets, of what the route rendered
 */
function adapted<Stored>(
  route: Route,
  shown: (stored: Stored) => object,
  preferred: (rendered: Stored) => Rendered,
): Route {
  return {
    ...route,
    description: `${route.description} With \`Prefer: return=representation\`, the answer is the record itself, and errors are as everywhere else. A key without \`leads:read\` gets only records that it created, as long as they are unchanged.`,
    errors,
    async render(answer: Answer, context: RenderContext) {
      if (typeof answer.body !== 'string') return answer;
      if (!prefersRepresentation(context.headers))
        return { ...answer, body: shown(JSON.parse(answer.body) as Stored) };
      const rendered = await route.render!(answer, context);
      const { body, isApplied } = preferred(rendered.body as Stored);
      return {
        ...rendered,
        body,
        ...(isApplied && { headers: { ...rendered.headers, ...REPRESENTATION_APPLIED } }),
      };
    },
  };
}
