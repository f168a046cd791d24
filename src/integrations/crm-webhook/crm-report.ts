import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { requiredText } from '../../base/values/text.ts';
import type { InboundResult } from '../../connections/connection-kind.ts';
import { validationError } from '../../http/error-response.ts';
import type { ConnectionServices } from '../integration.ts';

const NO_MATCH = 'No matching lead or submission for crm_lead_id';

const DEFAULT_EVENT_TYPE = 'updated';
const MAX_EVENT_TYPE_LENGTH = 200;

const report = z.object({
  crm_lead_id: requiredText(1000),
  // An unusual type must not reject the report: the whole body is stored in any case.
  event_type: z.unknown().optional().transform(eventType),
});

/** Stores a report about a lead (CW2 to CW4). @param body exactly as sent */
export async function takeReport(
  { activities, log }: Pick<ConnectionServices, 'activities' | 'log'>,
  workspaceId: Uuid,
  sent: unknown,
  body: string,
): Promise<InboundResult> {
  const { crm_lead_id: crmLeadId, event_type: type } = read(sent);
  const { lead, isRepeat } = await stored(
    activities.record(workspaceId, { crmLeadId, eventType: type, body }),
  );
  const outcome = isRepeat ? 'duplicate' : 'accepted';
  if (lead) {
    const answer = JSON.stringify({ ok: true, stored: true, lead_id: lead.number });
    return { outcome, record: { type: 'lead', id: lead.id }, answer };
  }
  log.info({ workspace_id: workspaceId, crm_lead_id: crmLeadId, event_type: type }, NO_MATCH);
  return {
    outcome,
    reason: NO_MATCH,
    answer: JSON.stringify({ ok: true, stored: false, reason: NO_MATCH }),
  };
}

function read(sent: unknown): z.output<typeof report> {
  const result = report.safeParse(sent ?? {}, { reportInput: true });
  if (result.success) return result.data;
  throw validationError(result.error, 'body');
}

export function eventType(sent: unknown): string {
  if (typeof sent !== 'string' || sent.trim() === '' || sent.includes('\0')) return DEFAULT_EVENT_TYPE;
  return sent.trim().slice(0, MAX_EVENT_TYPE_LENGTH).toWellFormed();
}

/** A store failure is a 500 here (CW4): 503 means that no secret is configured. */
export async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'unavailable') throw error;
    throw new ApiError('server_error', `${error.message} Nothing was stored; you may send it again.`, {
      retryAfter: 2,
    });
  }
}
