import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { InboundSecrets } from '../../account/inbound-secret.ts';
import { ApiError } from '../../base/errors.ts';
import { digitsOfInexact } from '../../base/values/number.ts';
import { requiredText } from '../../base/values/text.ts';
import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import { jsonOf } from '../../base/json-text.ts';
import type { Uuid } from '../../base/id.ts';
import {
  answeredField,
  leadOfAnswers,
  type AnsweredField,
  type LeadAnswer,
} from '../../crm/leads/inbound/lead-form-answers.ts';
import { validationError } from '../../http/error-response.ts';
import type { InboundParts, Integration } from '../integration.ts';

/** Typeform also sends partial responses. */
const COMPLETE = 'form_response';

const answerShape = z.looseObject({
  type: z.string(),
  field: z.looseObject({
    id: z.string().optional(),
    type: z.string().optional(),
    ref: z.string().optional(),
  }),
});

const fieldShape = z.looseObject({ id: z.string().optional(), title: z.string().optional() });

/** The body that Typeform sends: https://www.typeform.com/developers/webhooks/example-payload/ */
const delivery = z.looseObject({
  event_id: requiredText(200),
  event_type: z.string(),
  form_response: z.looseObject({
    answers: z.array(answerShape).default([]),
    hidden: z.record(z.string(), z.unknown()).default({}),
    definition: z.looseObject({ fields: z.array(fieldShape).default([]) }).default({ fields: [] }),
  }),
});

type Answer = z.output<typeof answerShape>;
type FormResponse = z.output<typeof delivery>['form_response'];
type Signers = Awaited<ReturnType<InboundSecrets['signers']>>;

/**
 * Each Typeform response creates a lead. Typeform sends no custom headers, and its signature does not identify the
 * sender. So the URL contains the visible prefix of an inbound secret, and Typeform signs with that secret.
 */
export const typeform: Integration = {
  name: 'typeform',
  label: 'Typeform',
  docs: 'docs/integrations/typeform.md',
  inbound: [
    {
      path: '/webhooks/typeform/:prefix',
      authentication:
        'The URL ends in the first 12 characters of an inbound secret, and Typeform signs with that secret.',
      mount: mountTypeform,
    },
  ],
};

function mountTypeform(app: FastifyInstance, path: string, { secrets, takeLead }: InboundParts): void {
  const mayBe = new WeakMap<FastifyRequest, Signers>();

  app.post<{ Params: { prefix: string } }>(path, {
    onRequest: async (request) => {
      const signers = await secrets.signers(request.params.prefix);
      if (signers.length === 0 || request.headers['typeform-signature'] === undefined) throw unauthorized();
      mayBe.set(request, signers);
    },
    handler: async (request, reply) => {
      const workspaceId = signerOf(request, mayBe.get(request)!);
      const { event_id: id, event_type: type, form_response: response } = read(request.body);
      const answer =
        type === COMPLETE
          ? await takeLead(workspaceId, {
              id,
              input: leadOfAnswers(answersOf(response), 'Typeform', 'form_response.answers'),
              sent: request.body,
              sentText: () => request.jsonText!,
              campaign: response.hidden,
            })
          : '{"status":"ignored"}';
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .type('application/json')
        .send(answer);
    },
  });
}

function signerOf({ headers, rawBody }: FastifyRequest, signers: Signers): Uuid {
  const sent = Buffer.from(String(headers['typeform-signature']));
  const signer = signers.find(({ raw }) =>
    sameBytes(sent, Buffer.from(`sha256=${hmacSha256(raw, 'base64', rawBody ?? '')}`)),
  );
  if (!signer) throw unauthorized();
  return signer.workspaceId;
}

function unauthorized(): ApiError {
  return new ApiError(
    'unauthorized',
    'The URL must end in the first 12 characters of an inbound secret, and Typeform-Signature must be made with that secret.',
  );
}

function read(sent: unknown): z.output<typeof delivery> {
  const result = delivery.safeParse(sent ?? {}, { reportInput: true });
  if (result.success) return result.data;
  throw validationError(result.error, 'body');
}

/** The answers, and the hidden fields that the embedding page passed. */
function answersOf({ answers, hidden, definition }: FormResponse): LeadAnswer[] {
  const titles = new Map(definition.fields.map(({ id, title }) => [id, title]));
  const answered = answers.map((answer) => {
    const question = titles.get(answer.field.id) ?? answer.field.ref ?? answer.type;
    return { field: fieldOf(answer, question), question, value: valueOf(answer) };
  });
  const passedOn = Object.entries(hidden).flatMap(([question, value]) => {
    const field = answeredField(question);
    return field && typeof value === 'string' ? [{ field, question, value }] : [];
  });
  return [...passedOn, ...answered];
}

/** Identified by the question's reference, which the form's author can set, else its title, else its type. */
function fieldOf({ type, field }: Answer, question: string): AnsweredField | null {
  const byType: Record<string, AnsweredField> = { email: 'email', phone_number: 'phone' };
  return answeredField(field.ref ?? '') ?? answeredField(question) ?? byType[type] ?? null;
}

const chosen = z.looseObject({
  label: z.string().optional(),
  labels: z.array(z.string()).default([]),
  other: z.string().optional(),
});

/** The answer as text; its property is named after its type. */
function valueOf(answer: Answer): string {
  const value = answer[answer.type];
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const digits = digitsOfInexact(value);
  if (digits !== null) return digits;
  const choice = answer.type.startsWith('choice') ? chosen.safeParse(value) : undefined;
  if (!choice?.success) return value === undefined ? '' : jsonOf(value);
  const { label, labels, other } = choice.data;
  return [label, ...labels, other].filter((item) => item !== undefined).join(', ');
}
