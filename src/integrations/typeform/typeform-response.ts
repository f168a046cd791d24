import { z } from 'zod';
import { hmacSha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import { jsonOf } from '../../base/json-text.ts';
import { digitsOfInexact } from '../../base/values/number.ts';
import { requiredText } from '../../base/values/text.ts';
import type { InboundResult } from '../../connections/connection-kind.ts';
import {
  answeredField,
  leadOfAnswers,
  type AnsweredField,
  type LeadAnswer,
} from '../../crm/leads/inbound/lead-form-answers.ts';
import { validationError } from '../../http/error-response.ts';
import type { TakeLead } from '../integration.ts';

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
/** Creates the lead of a response. @param sentText the body exactly as sent */
export async function takeResponse(
  takeLead: TakeLead,
  workspaceId: Uuid,
  sent: unknown,
  sentText: () => string,
): Promise<InboundResult> {
  const { event_id: eventId, event_type: type, form_response: response } = read(sent);
  if (type !== COMPLETE)
    return {
      outcome: 'ignored',
      reason: 'The response is not complete yet.',
      answer: '{"status":"ignored"}',
    };
  const { id, answer, isRepeat } = await takeLead(workspaceId, {
    id: eventId,
    input: leadOfAnswers(answersOf(response), 'Typeform', 'form_response.answers'),
    sent,
    sentText,
    campaign: response.hidden,
  });
  return { outcome: isRepeat ? 'duplicate' : 'accepted', record: { type: 'lead', id }, answer };
}

/** The value of Typeform-Signature for a body. */
export function typeformSignature(secret: string, body: Buffer | string): string {
  return `sha256=${hmacSha256(secret, 'base64', body)}`;
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
