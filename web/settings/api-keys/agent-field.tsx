import { Checkbox, MultiSelect, NumberInput, Stack, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ApiKey } from '../../api/api-key-queries.ts';
import { scopesQuery } from '../../api/scope-queries.ts';

export type AgentLimits = NonNullable<ApiKey['budget']>;

/** The limits that a new agent gets. */
const DEFAULTS: AgentLimits = { writes_per_hour: 100, deletes: false, objects: null };
const MAX_WRITES_PER_HOUR = 100_000;

interface AgentFieldProps {
  /** Null: an ordinary key. */
  value?: AgentLimits | null;
  onChange: (limits: AgentLimits | null) => void;
  error?: ReactNode;
}

/** Whether a key is that of an agent, and its limits. */
export function AgentField({ value = null, onChange, error }: AgentFieldProps) {
  return (
    <Stack gap="xs">
      <Switch
        label="For an AI assistant"
        description="Limits what it can change, and keeps it out of the settings."
        checked={value !== null}
        onChange={({ currentTarget }) => onChange(currentTarget.checked ? DEFAULTS : null)}
        error={error}
      />
      {value && <AgentLimitsFields value={value} onChange={onChange} />}
    </Stack>
  );
}

/** The limits of an agent. */
export function AgentLimitsFields({
  value,
  onChange,
}: {
  value: AgentLimits;
  onChange: (limits: AgentLimits) => void;
}) {
  const { data: scopes = [] } = useQuery(scopesQuery);
  const objects = new Map(
    scopes.flatMap(({ action, group }) => (action !== null && group ? [[group.name, group.label]] : [])),
  );
  return (
    <>
      <NumberInput
        label="Records it may write per hour"
        min={1}
        max={MAX_WRITES_PER_HOUR}
        allowDecimal={false}
        value={value.writes_per_hour}
        onChange={(limit) => onChange({ ...value, writes_per_hour: Number(limit) || 1 })}
      />
      <MultiSelect
        label="Only these records"
        placeholder={value.objects === null ? 'All records' : ''}
        data={[...objects].map(([name, label]) => ({ value: name, label }))}
        searchable
        clearable
        value={value.objects ?? []}
        onChange={(names) => onChange({ ...value, objects: names.length > 0 ? names : null })}
      />
      <Checkbox
        label="It may delete records"
        checked={value.deletes}
        onChange={({ currentTarget }) => onChange({ ...value, deletes: currentTarget.checked })}
      />
    </>
  );
}
