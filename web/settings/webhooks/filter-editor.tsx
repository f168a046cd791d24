import { Button, Group, Input, SegmentedControl, Select, Stack, Text, Textarea } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { FieldError } from '../../api/client.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { FilterCondition } from './filter-condition.tsx';
import {
  filterOf,
  newCondition,
  newGroup,
  rootOf,
  type FilterDraft,
  type FilterGroup,
  type FilterNode,
  type Join,
} from './filter-draft.ts';
import type { FilterField } from './filter-fields.ts';
import classes from './filter-editor.module.css';

const JOINS = [
  { value: 'all', label: 'All of these hold' },
  { value: 'any', label: 'At least one of these holds' },
  { value: 'none', label: 'None of these holds' },
  { value: 'not_all', label: 'Not all of these hold' },
];

interface FilterEditorProps {
  draft: FilterDraft;
  onChange: (draft: FilterDraft) => void;
  fields: readonly FilterField[];
  /** What the API refused of it, by place; empty once it was changed. */
  refused: readonly FieldError[];
}

/** Which of the chosen events are wanted, by what is in them: in rows, or as the API takes it. */
export function FilterEditor({ draft, onChange, fields, refused }: FilterEditorProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const kindOf = (name: string) => fields.find((field) => field.name === name)?.kind;
  const { filter, places } = filterOf(draft.root, kindOf);
  const errorOf = errorsByRow(refused, places);
  const change = (changed: Partial<FilterDraft>) => {
    setProblem(null);
    onChange({ ...draft, ...changed });
  };
  const show = (view: string) => {
    if (view === 'json')
      return change({ view: 'json', text: filter === null ? '' : JSON.stringify(filter, null, 2) });
    const root = rowsOf(draft.text);
    if (root) change({ view: 'rows', root });
    else setProblem('This JSON can not be shown as rows.');
  };
  const general = problem ?? (draft.view === 'json' ? refused[0]?.message : errorOf('')) ?? null;

  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Text size="xs" c="dimmed">
          An event is sent where this holds for its record. Events that it keeps out say so on the Events
          page.
        </Text>
        <SegmentedControl
          size="xs"
          flex="none"
          aria-label="Show the filter as"
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
      {general !== null && <Input.Error role="alert">{capitalised(general)}</Input.Error>}
    </Stack>
  );
}

interface MembersProps {
  group: FilterGroup;
  /** The place of the group, as in `2.`; empty for the whole. */
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
            number === '' ? 'How the conditions are joined' : `How the conditions of ${number} are joined`
          }
          data={JOINS}
          value={group.join}
          onChange={(join) => onChange({ ...group, join: (join ?? 'all') as Join })}
          allowDeselect={false}
          maw="16rem"
        />
      )}
      {members.map((node, at) => {
        const own = number === '' ? `${at + 1}` : `${number}.${at + 1}`;
        return node.kind === 'group' ? (
          <Members
            key={node.id}
            group={node}
            number={own}
            // A group without members says nothing.
            onChange={(changed) => replace(at, changed.members.length > 0 ? changed : null)}
            fields={fields}
            errorOf={errorOf}
          />
        ) : (
          <FilterCondition
            key={node.id}
            condition={node}
            number={own}
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

function rowsOf(text: string): FilterGroup | null {
  if (text.trim() === '') return newGroup('all', []);
  try {
    return rootOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Each refusal goes to the row in whose place it lies most closely; what belongs to none has the id ''. */
function errorsByRow(refused: readonly FieldError[], places: ReadonlyMap<string, string>) {
  const errors = new Map<string, string>();
  for (const { field, message } of refused) {
    const [id = ''] = [...places]
      .filter(([, place]) => field === place || field.startsWith(`${place}.`))
      .reduce<readonly [string, string] | []>(
        (best, item) => (item[1].length >= (best[1]?.length ?? 0) ? item : best),
        [],
      );
    const part = /\.(field|op|value)(\.\d+)?$/.exec(field)?.[1];
    errors.set(id, part ? `${part} ${message}` : message);
  }
  return (id: string) => errors.get(id);
}
