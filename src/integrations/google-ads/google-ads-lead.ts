import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import { membersOf } from '../../base/json-text.ts';
import { requiredText } from '../../base/values/text.ts';
import type { InboundResult } from '../../connections/connection-kind.ts';
import { answeredField, leadOfAnswers } from '../../crm/leads/inbound/lead-form-answers.ts';
import { validationError } from '../../http/error-response.ts';
import type { TakeLead } from '../integration.ts';

const key = z.looseObject({ google_key: z.string() });

/** The body that Google sends: https://developers.google.com/google-ads/webhook/docs/implementation */
const delivery = z.looseObject({
  lead_id: requiredText(200),
  user_column_data: z.array(
    z.looseObject({
      column_id: z.string().optional(),
      column_name: z.string().optional(),
      string_value: z.string().default(''),
    }),
  ),
  is_test: z.boolean().default(false),
});

/** Creates the lead of a submitted lead form. @param sentText the body exactly as sent */
export async function takeFormLead(
  takeLead: TakeLead,
  workspaceId: Uuid,
  sent: unknown,
  sentText: () => string,
): Promise<InboundResult> {
  const lead = read(sent);
  const input = leadOfAnswers(answersOf(lead), 'Google Ads', 'user_column_data');
  if (lead.is_test)
    return { outcome: 'ignored', reason: 'Google sent test data.', answer: '{"status":"test"}' };
  const { id, answer, isRepeat } = await takeLead(workspaceId, {
    id: lead.lead_id,
    input,
    sent: lead,
    sentText: () => withoutKey(sentText()),
  });
  return { outcome: isRepeat ? 'duplicate' : 'accepted', record: { type: 'lead', id }, answer };
}

/** The key in a body; null for none. */
export function googleKey(sent: unknown): string | null {
  const known = key.safeParse(sent);
  return known.success ? known.data.google_key : null;
}

/** The body without the secret. */
function withoutKey(body: string): string {
  const kept = membersOf(body).filter(({ name }) => name !== 'google_key');
  return `{${kept.map(({ name, value }) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function read(sent: unknown): z.output<typeof delivery> {
  const result = delivery.safeParse(sent, { reportInput: true });
  if (result.success) return result.data;
  throw validationError(result.error, 'body');
}

/** A column is identified by its id; only the advertiser's own questions have no id. */
function answersOf({ user_column_data: columns }: z.output<typeof delivery>) {
  return columns.map(({ column_id: id = '', column_name: name, string_value: value }) => ({
    field: answeredField(id) ?? answeredField(name ?? ''),
    question: name ?? id,
    value,
  }));
}
