import { Button, Group, Radio, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { scopesQuery, type Scope } from '../../api/scope-queries.ts';
import { DeveloperFold } from '../../ui/developer-fold.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { ScopeChoice } from './scope-choice.tsx';

interface Access {
  label: string;
  description: string;
  /** Null: all scopes of the creator, also those that are added later. */
  scopesOf: (scopes: readonly Scope[]) => string[] | null;
}

const namesOf = (scopes: readonly Scope[]) => scopes.map(({ name }) => name);
const ofRecords = (scopes: readonly Scope[]) =>
  scopes.filter(({ action, may_grant: mayGrant }) => action !== null && mayGrant);

const ACCESS: Readonly<Record<string, Access>> = {
  read: {
    label: 'Read only',
    description: 'Reads records and changes nothing.',
    scopesOf: (scopes) => namesOf(ofRecords(scopes).filter(({ action }) => action === 'read')),
  },
  write: {
    label: 'Read and write',
    description: 'Reads, creates, changes and deletes records. No settings.',
    scopesOf: (scopes) => namesOf(ofRecords(scopes)),
  },
  all: {
    label: 'Everything I may',
    description: 'All that you can do, with settings, as long as you can do it.',
    scopesOf: () => null,
  },
};

/** What a key may do: one of three choices, or scopes chosen one by one in the fold. */
export function AccessField({
  value = null,
  onChange,
  error,
}: {
  /** Null: all scopes of the creator. */
  value?: string[] | null;
  onChange: (scopes: string[] | null) => void;
  error?: ReactNode;
}) {
  const { data: scopes, error: problem, refetch } = useQuery(scopesQuery);
  if (problem) return <ErrorPanel error={problem} retry={() => void refetch()} />;
  if (!scopes) return <Skeleton height={160} aria-busy />;
  const grantable = namesOf(scopes.filter(({ name, may_grant: mayGrant }) => mayGrant && name !== '*'));
  const access = Object.entries(ACCESS).find(([, { scopesOf }]) => isSame(scopesOf(scopes), value))?.[0];
  return (
    <Stack gap="xs">
      <Radio.Group
        label="Access"
        value={access ?? null}
        onChange={(chosen) => onChange(ACCESS[chosen]?.scopesOf(scopes) ?? [])}
        error={error}
      >
        <Stack gap="xs" mt={6}>
          {Object.entries(ACCESS).map(([name, { label, description }]) => (
            <Radio key={name} size="xs" value={name} label={label} description={description} />
          ))}
        </Stack>
      </Radio.Group>
      {value !== null && access === undefined && (
        <Text size="xs" c="dimmed">
          {value.length === 1 ? '1 scope is selected.' : `${value.length} scopes are selected.`}
        </Text>
      )}
      <DeveloperFold>
        <Group justify="space-between" mb="xs">
          <Text size="sm" fw={500}>
            Scopes
          </Text>
          <Button size="compact-xs" variant="subtle" onClick={() => onChange([])}>
            Select none
          </Button>
        </Group>
        <ScopeChoice scopes={scopes} value={value ?? grantable} onChange={onChange} />
      </DeveloperFold>
    </Stack>
  );
}

function isSame(names: readonly string[] | null, others: readonly string[] | null): boolean {
  if (names === null || others === null) return names === others;
  return names.length === others.length && names.every((name) => others.includes(name));
}
