import { MultiSelect, Select } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import type { AssignmentRule } from '../../api/lead-settings-queries.ts';
import type { Member } from '../../api/member-queries.ts';

const MODES: { value: AssignmentRule['mode']; label: string }[] = [
  { value: 'none', label: 'Unassigned' },
  { value: 'owner', label: 'One member' },
  { value: 'round_robin', label: 'Round robin' },
];

/**
 * The assignment of a rule.
 * @param onRule also called when the mode changes: each mode allows a different number of members
 */
export function AssignmentRuleFields({
  label,
  members,
  mode,
  chosen,
  onRule,
}: {
  label: string;
  members: Member[];
  mode: GetInputPropsReturnType;
  chosen: GetInputPropsReturnType;
  onRule: (rule: AssignmentRule) => void;
}) {
  const ids = chosen.value as string[];
  const names = members.map(({ id, name, email }) => ({
    value: id,
    label: uniqueName(members, name, email),
  }));
  return (
    <>
      <Select
        label={label}
        data={MODES}
        allowDeselect={false}
        {...mode}
        onChange={(value) => onRule(toRule(value as AssignmentRule['mode'], ids))}
      />
      {mode.value === 'owner' && (
        <Select
          label="Member"
          data={names}
          searchable
          required
          error={chosen.error}
          value={ids[0] ?? null}
          onChange={(id) => onRule({ mode: 'owner', members: id === null ? [] : [id] })}
        />
      )}
      {mode.value === 'round_robin' && (
        <MultiSelect
          label="Members"
          description="Leads are assigned in this order."
          data={names}
          searchable
          withAsterisk
          error={chosen.error}
          value={ids}
          onChange={(selected) => onRule({ mode: 'round_robin', members: selected })}
        />
      )}
    </>
  );
}

function toRule(mode: AssignmentRule['mode'], members: string[]): AssignmentRule {
  return { mode, members: mode === 'none' ? [] : mode === 'owner' ? members.slice(0, 1) : members };
}

/** Adds the email if two members have the same name. */
function uniqueName(members: Member[], name: string, email: string): string {
  return members.filter((member) => member.name === name).length > 1 ? `${name} (${email})` : name;
}
