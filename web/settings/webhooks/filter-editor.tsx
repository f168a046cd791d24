import { Button, Group, Input, SegmentedControl, Select, Stack, Text, Textarea } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { FieldError } from '../../api/client.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { FilterCondition } from './filter-condition.tsx';
import {
  toFilter,
  newCondition,
  newGroup,
  toRows,
  type FilterDraft,
  type FilterGroup,
  type FilterNode,
  type Join,
} from './filter-draft.ts';
import type { FilterField } from './filter-fields.ts';
import classes from './filter-editor.module.css';

const JOINS = [
  { value: 'all', label: 'All conditions match' },
  { value: 'any', label: 'Any condition matches' },
  { value: 'none', label: 'No condition matches' },
  { value: 'not_all', label: 'Not all conditions match' },
];

interface FilterEditorProps {
  draft: FilterDraft;
  onChange: (draft: FilterDraft) => void;
  fields: readonly FilterField[];
  /** Errors of the API by path; empty after a change. */
  fieldErrors: readonly FieldError[];
}

/** Edits the event filter of a webhook: as rows, or as JSON. */
export function FilterEditor({ draft, onChange, fields, fieldErrors }: FilterEditorProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const kindOf = (name: string) => fields.find((field) => field.name === name)?.kind;
  const { filter, paths } = toFilter(draft.root, kindOf);
  const errorOf = errorsByRowId(fieldErrors, paths);
  const change = (changed: Partial<FilterDraft>) => {
    setProblem(null);
    onChange({ ...draft, ...changed });
  };
  const show = (view: string) => {
    if (view === 'json')
      return change({ view: 'json', text: filter === null ? '' : JSON.stringify(filter, null, 2) });
    const root = parseRows(draft.text);
    if (root) change({ view: 'rows', root });
    else setProblem('This JSON cannot be shown as rows.');
  };
  const formError = problem ?? (draft.view === 'json' ? fieldErrors[0]?.message : errorOf('')) ?? null;

  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Text size="xs" c="dimmed">
          Only events whose record matches are sent. The Events page shows why an event was not sent.
        </Text>
        <SegmentedControl
          size="xs"
          flex="none"
          aria-label="Filter view"
          data={[
            { value: 'rows', label: 'Rows' },
            { value: 'json', label: 'JSON' },
          ]}
          value={draft.view}
          onChange={show}
        />
      </Group>
      {draft.view === 'json' ? (
        <Textarea
          aria-label="Filter as JSON"
          placeholder='{"field": "status", "op": "equals", "value": "lead"}'
          autosize
          minRows={6}
          maxRows={20}
          spellCheck={false}
          classNames={{ input: 'mono' }}
          value={draft.text}
          onChange={(event) => change({ text: event.currentTarget.value })}
        />
      ) : (
        <Members
          group={draft.root}
          number=""
          onChange={(root) => change({ root })}
          fields={fields}
          errorOf={errorOf}
        />
      )}
      {formError !== null && <Input.Error role="alert">{capitalised(formError)}</Input.Error>}
    </Stack>
  );
}

interface MembersProps {
  group: FilterGroup;
  /** The position of the group, as in `2`; empty for the root. */
  number: string;
  onChange: (group: FilterGroup) => void;
  fields: readonly FilterField[];
  errorOf: (id: string) => string | undefined;
}

function Members({ group, number, onChange, fields, errorOf }: MembersProps) {
  const { members } = group;
  const set = (next: FilterNode[]) => onChange({ ...group, members: next });
  const replace = (at: number, node: FilterNode | null) =>
    set(node ? members.with(at, node) : members.toSpliced(at, 1));
  return (
    <Stack gap="xs" className={number === '' ? undefined : classes.group}>
      {(members.length > 1 || number !== '' || group.join !== 'all') && (
        <Select
          aria-label={
            number === '' ? 'How conditions are combined' : `How conditions of ${number} are combined`
          }
          data={JOINS}
          value={group.join}
          onChange={(join) => onChange({ ...group, join: (join ?? 'all') as Join })}
          allowDeselect={false}
          maw="16rem"
        />
      )}
      {members.map((node, at) => {
        const memberNumber = number === '' ? `${at + 1}` : `${number}.${at + 1}`;
        return node.kind === 'group' ? (
          <Members
            key={node.id}
            group={node}
            number={memberNumber}
            // An empty group is removed.
            onChange={(changed) => replace(at, changed.members.length > 0 ? changed : null)}
            fields={fields}
            errorOf={errorOf}
          />
        ) : (
          <FilterCondition
            key={node.id}
            condition={node}
            number={memberNumber}
            onChange={(changed) => replace(at, changed)}
            onRemove={() => replace(at, null)}
            fields={fields}
            error={errorOf(node.id)}
          />
        );
      })}
      <Group gap="xs">
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => set([...members, newCondition()])}
        >
          Add condition
        </Button>
        {members.length > 0 && (
          <Button
            variant="subtle"
            size="xs"
            color="gray"
            onClick={() => set([...members, newGroup('any', [newCondition()])])}
          >
            Add group
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function parseRows(text: string): FilterGroup | null {
  if (text.trim() === '') return newGroup('all', []);
  try {
    return toRows(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Errors by row id, matched by the longest path; errors without a row have the id ''. */
function errorsByRowId(fieldErrors: readonly FieldError[], paths: ReadonlyMap<string, string>) {
  const errors = new Map<string, string>();
  for (const { field, message } of fieldErrors) {
    const [id = ''] = [...paths]
      .filter(([, path]) => field === path || field.startsWith(`${path}.`))
      .reduce<readonly [string, string] | []>(
        (best, item) => (item[1].length >= (best[1]?.length ?? 0) ? item : best),
        [],
      );
    const part = /\.(field|op|value)(\.\d+)?$/.exec(field)?.[1];
    errors.set(id, part ? `${part} ${message}` : message);
  }
  return (id: string) => errors.get(id);
}
