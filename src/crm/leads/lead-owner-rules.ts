import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { folded } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { requiredText } from '../../base/values/text.ts';

const MODES = ['none', 'owner', 'round_robin'] as const;

const rule = {
  mode: z.enum(MODES).meta({
    description: '`none`: no owner; `owner`: one member; `round_robin`: the members in turn.',
  }),
  members: z.array(z.uuid().toLowerCase()).max(100).default([]),
};

function assignmentSchema(source: z.ZodType<string>) {
  return z
    .object({
      ...rule,
      sources: z
        .array(
          z.object({
            source: source.meta({ description: 'Name of a source, ignoring case.' }),
            ...rule,
          }),
        )
        .max(200)
        .default([])
        .meta({ description: 'Rules for individual sources.' }),
    })
    .strict();
}

/** Who owns new leads without an owner: as sent, and as returned. */
export const assignmentInput = assignmentSchema(requiredText(200));
export const assignmentOutput = assignmentSchema(z.string());

export type Assignment = z.output<typeof assignmentInput>;

export const NO_ASSIGNMENT: Assignment = { mode: 'none', members: [], sources: [] };

const MEMBERS = {
  name: 'member.of-these',
  text: 'select user_id from member where workspace_id = $1 and user_id = any($2::uuid[])',
};

/**
 * The rules for the statement that creates leads (lead-insert-gate.ts): members by folded source, with '' for all other
 * sources; null if no one is assigned. Throws `validation_error` for an invalid rule, or a user who is not a member.
 */
export async function rulesOf(
  db: Database,
  workspaceId: Uuid,
  requested: Assignment,
): Promise<Record<string, Uuid[]> | null> {
  const all = [
    { at: 'assignment', source: '', ...requested },
    ...requested.sources.map((item, n) => ({ at: `assignment.sources.${n}`, ...item })),
  ];
  const rows = await db.read<{ user_id: Uuid }>(MEMBERS, [workspaceId, all.flatMap((item) => item.members)]);
  const existing = new Set(rows.map((row) => row.user_id));
  const rules: Record<string, Uuid[]> = {};
  for (const { at, source, mode, members } of all) {
    const key = source === '' ? '' : folded(source);
    if (key in rules) throw invalid(`${at}.source`, 'has a rule already');
    if (mode === 'none' ? members.length > 0 : mode === 'owner' ? members.length !== 1 : members.length === 0)
      throw invalid(`${at}.members`, NEEDS[mode]);
    if (new Set(members).size < members.length) throw invalid(`${at}.members`, 'contains a user twice');
    if (members.some((id) => !existing.has(id)))
      throw invalid(`${at}.members`, 'contains a user who is not a member');
    rules[key] = members;
  }
  return Object.values(rules).every((members) => members.length === 0) ? null : rules;
}

const NEEDS = {
  none: 'must be empty',
  owner: 'must contain exactly one member',
  round_robin: 'must contain at least one member',
} as const;
