import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import { isBuiltIn, type LeadStatuses } from './options/lead-status.ts';
import {
  assignmentInput,
  assignmentOutput,
  NO_ASSIGNMENT,
  rulesOf,
  type Assignment,
} from './lead-owner-rules.ts';

const MAX_LEADS_PER_HOUR = 1_000_000;

const shape = z
  .object({
    leads_per_hour: z.int().meta({ description: 'Maximum number of leads an hour; 0: no limit.' }),
    is_default: z.boolean().meta({
      description: 'Whether the limit is the default of the installation.',
    }),
    assignment: assignmentOutput.meta({ description: 'Who owns new leads without an owner.' }),
    converted_status: z.string().nullable().meta({
      description: 'Key of the status that converted leads get. Null: the first of the kind `won`.',
    }),
  })
  .meta({ id: 'LeadSettings' });

const body = z.strictObject({
  leads_per_hour: z
    .int()
    .min(0)
    .max(MAX_LEADS_PER_HOUR)
    .nullable()
    .optional()
    .meta({ description: '0: no limit. Null: the default of the installation.' }),
  assignment: assignmentInput.nullable().optional().meta({
    description: 'Who owns new leads without an owner; replaces all rules. Null: no one.',
  }),
  converted_status: z.string().max(200).nullable().optional().meta({
    description: 'Key or name of a lead status. Null: the first of the kind `won`.',
  }),
  is_default: z
    .unknown()
    .optional()
    .meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
});

const READ = {
  name: 'lead_counter.setting',
  text: 'select leads_per_hour, assignment_set, converted_status from lead_counter where workspace_id = $1',
};

interface Settings {
  leads_per_hour: number | null;
  assignment_set: Assignment | null;
  converted_status: string | null;
}

const NO_SETTINGS: Settings = { leads_per_hour: null, assignment_set: null, converted_status: null };

const SET_LIMIT = {
  name: 'lead_counter.set-limit',
  text: `insert into lead_counter (workspace_id, leads_per_hour) values ($1, $2)
         on conflict (workspace_id) do update set leads_per_hour = excluded.leads_per_hour`,
};

const SET_ASSIGNMENT = {
  name: 'lead_counter.set-assignment',
  text: `update lead_counter set assignment = $1::jsonb, turns = '{}',
           assignment_set = $2::jsonb
         where workspace_id = $3`,
};

const SET_CONVERTED = {
  name: 'lead_counter.set-converted',
  text: `update lead_counter set converted_status = $2 where workspace_id = $1`,
};

export interface LeadSettingsParts {
  db: Database;
  recordChange: RecordChange;
  statuses: LeadStatuses;
  /** The default limit of leads an hour. */
  leadsPerHour: number;
}

/** The lead settings of a workspace. */
export function leadSettingsRoutes({ db, recordChange, statuses, leadsPerHour }: LeadSettingsParts): Route[] {
  const path = '/api/v1/lead-settings';
  const show = ({ leads_per_hour: own, assignment_set: assignment, converted_status }: Settings) => ({
    leads_per_hour: own ?? leadsPerHour,
    is_default: own === null,
    assignment: assignment ?? NO_ASSIGNMENT,
    converted_status,
  });

  async function settingsOf(workspaceId: Uuid): Promise<Settings> {
    const [row] = await db.read<Settings>(READ, [workspaceId]);
    return row ?? NO_SETTINGS;
  }

  const get = route({
    method: 'GET',
    path,
    scope: 'leads:read',
    tag: 'leads',
    summary: 'Get lead settings',
    answers: { 200: shape },
    handle: async ({ caller }) => ({ status: 200, body: show(await settingsOf(caller.workspaceId)) }),
  });

  const update = route<z.output<typeof body>>({
    method: 'PATCH',
    path,
    scope: 'workspace:manage',
    tag: 'leads',
    summary: 'Update lead settings',
    description: 'Applies from the next lead.',
    body,
    answers: { 200: shape },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const existing = await settingsOf(workspaceId);
      const { leads_per_hour: own = existing.leads_per_hour, assignment = existing.assignment_set } =
        ctx.body;
      const requestedStatus = ctx.body.converted_status;
      const chosen = requestedStatus
        ? await statuses.keyOf(workspaceId, requestedStatus, 'converted_status')
        : null;
      const converted_status = requestedStatus === undefined ? existing.converted_status : chosen;
      const rules = await rulesOf(db, workspaceId, ctx.body.assignment ?? NO_ASSIGNMENT);
      const text = JSON.stringify(
        show({ leads_per_hour: own, assignment_set: assignment, converted_status }),
      );
      await db.transaction(async (trx) => {
        if (chosen && !isBuiltIn(chosen)) await statuses.lock(trx, workspaceId, chosen);
        await query(trx, SET_LIMIT, [workspaceId, own]);
        if (requestedStatus !== undefined) await query(trx, SET_CONVERTED, [workspaceId, chosen]);
        if (ctx.body.assignment !== undefined)
          await query(trx, SET_ASSIGNMENT, [
            rules && JSON.stringify(rules),
            assignment && JSON.stringify(assignment),
            workspaceId,
          ]);
        const auditEntry = {
          action: 'lead_settings.updated',
          objectType: 'workspace',
          objectId: workspaceId,
          details: {
            leads_per_hour: own,
            ...(assignment && { assignment: assignment.mode }),
            ...(requestedStatus !== undefined && { converted_status: chosen }),
          },
        };
        await recordChange(trx, ctx, auditEntry, { status: 200, body: text });
      });
      return { status: 200, body: text };
    },
  });

  return [get, update];
}
