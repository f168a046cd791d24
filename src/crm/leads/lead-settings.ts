import { sql } from 'kysely';
import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Ledger } from '../../http/ledger.ts';
import { route, type Route } from '../../http/route.ts';

const MOST = 1_000_000;

const shape = z
  .object({
    leads_per_hour: z.int().meta({ description: 'How many leads are taken an hour; 0: any number.' }),
    is_default: z.boolean().meta({ description: "The workspace has set none: it is the installation's." }),
  })
  .meta({ id: 'LeadSettings' });

const body = z.strictObject({
  leads_per_hour: z
    .int()
    .min(0)
    .max(MOST)
    .nullable()
    .optional()
    .meta({ description: "0: any number. Null: the installation's own again." }),
  is_default: z
    .unknown()
    .optional()
    .meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
});

const READ = {
  name: 'lead_counter.setting',
  text: 'select leads_per_hour from lead_counter where workspace_id = $1',
};

/**
 * What a workspace sets for its leads.
 * @param perHour the limit of a workspace that has set none
 */
export function leadSettingsRoutes(db: Database, ledger: Ledger, perHour: number): Route[] {
  const path = '/api/v1/lead-settings';
  const show = (own: number | null) => ({ leads_per_hour: own ?? perHour, is_default: own === null });

  async function settingOf(workspaceId: Uuid): Promise<number | null> {
    const [row] = await db.read<{ leads_per_hour: number | null }>(READ, [workspaceId]);
    return row?.leads_per_hour ?? null;
  }

  const get = route({
    method: 'GET',
    path,
    scope: 'leads:read',
    tag: 'leads',
    summary: 'Get the settings of leads',
    answers: { 200: shape },
    handle: async ({ caller }) => ({ status: 200, body: show(await settingOf(caller.workspaceId)) }),
  });

  const update = route<z.output<typeof body>>({
    method: 'PATCH',
    path,
    scope: 'workspace:manage',
    tag: 'leads',
    summary: 'Change the settings of leads',
    description: 'Holds from the next lead on.',
    body,
    answers: { 200: shape },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const asked = ctx.body.leads_per_hour;
      const own = asked === undefined ? await settingOf(workspaceId) : asked;
      const text = JSON.stringify(show(own));
      await db.transaction(async (trx) => {
        await sql`
          insert into lead_counter (workspace_id, leads_per_hour) values (${workspaceId}, ${own})
          on conflict (workspace_id) do update set leads_per_hour = excluded.leads_per_hour`.execute(trx);
        const deed = {
          action: 'lead_settings.updated',
          objectType: 'workspace',
          objectId: workspaceId,
          details: { leads_per_hour: own },
        };
        await ledger.enter(trx, ctx, deed, { status: 200, body: text });
      });
      return { status: 200, body: text };
    },
  });

  return [get, update];
}
