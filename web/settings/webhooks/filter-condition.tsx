import { ActionIcon, Autocomplete, Input, Select, TagsInput, Text, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { pipelinesQuery } from '../../api/pipeline-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { PIPELINE, TAG, type Condition, type Op } from './filter-draft.ts';
import classes from './filter-editor.module.css';
import type { FilterField } from './filter-fields.ts';

const OPS: readonly { value: Op; label: string }[] = [
  { value: 'equals', label: 'is' },
  { value: 'not_equals', label: 'is not' },
  { value: 'in', label: 'is one of' },
  { value: 'not_in', label: 'is none of' },
  { value: 'contains', label: 'contains' },
  { value: 'not_contains', label: 'does not contain' },
  { value: 'greater', label: 'is greater than' },
  { value: 'less', label: 'is less than' },
  { value: 'known', label: 'has a value' },
  { value: 'empty', label: 'is empty' },
];
const TAG_OPS: readonly { value: Op; label: string }[] = [
  { value: 'contains', label: 'is set' },
  { value: 'not_contains', label: 'is not set' },
];

interface FilterConditionProps {
  condition: Condition;
  /** The position of the condition, as in `2.1`. */
  number: string;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
  fields: readonly FilterField[];
  error: string | undefined;
}

/** One condition: field, operator and value. */
export function FilterCondition(props: FilterConditionProps) {
  const { condition, number, onChange, onRemove, fields, error } = props;
  const fieldsByName = new Map(fields.map((field) => [field.name, field]));
  const ops = opsOf(condition.field);
  const choose = (field: string) => {
    const isAllowed = opsOf(field).some(({ value }) => value === condition.op);
    const op = isAllowed ? condition.op : field === TAG ? 'contains' : 'equals';
    onChange({ ...condition, field, op });
  };
  return (
    <div className={classes.row}>
      <Autocomplete
        aria-label={`Field of condition ${number}`}
        placeholder="Field"
        data={[...fieldsByName.keys()]}
        value={condition.field}
        onChange={choose}
        maxDropdownHeight={280}
        comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
        renderOption={({ option }) => (
          <div>
            <span className="mono">{option.value}</span>
            <Text size="xs" c="dimmed" maw="22rem">
              {fieldsByName.get(option.value)?.description}
            </Text>
          </div>
        )}
      />
      <Select
        aria-label={`Operator of condition ${number}`}
        data={ops}
        value={condition.op}
        onChange={(op) => onChange({ ...condition, op: op ?? 'equals' })}
        allowDeselect={false}
      />
      <Value
        condition={condition}
        number={number}
        onChange={onChange}
        field={fieldsByName.get(condition.field)}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={`Remove condition ${number}`}
        onClick={onRemove}
      >
        <IconX size={15} />
      </ActionIcon>
      {error !== undefined && (
        <Input.Error role="alert" className={classes.error}>
          {capitalised(error)}
        </Input.Error>
      )}
    </div>
  );
}

function opsOf(field: string) {
  if (field === TAG) return TAG_OPS;
  return field === PIPELINE ? OPS.slice(0, 2) : OPS;
}

function Value({
  condition,
  number,
  onChange,
  field,
}: Pick<FilterConditionProps, 'condition' | 'number' | 'onChange'> & { field: FilterField | undefined }) {
  const { data: pipelines = [] } = useQuery({ ...pipelinesQuery, enabled: condition.field === PIPELINE });
  const { op, value, values } = condition;
  const label = `Value of condition ${number}`;
  const set = (next: string | null) => onChange({ ...condition, value: next ?? '' });
  if (op === 'known' || op === 'empty') return <span />;
  if (op === 'in' || op === 'not_in')
    return (
      <TagsInput
        aria-label={label}
        placeholder={values.length === 0 ? 'Press Enter to add' : ''}
        data={field?.choices ?? []}
        value={values}
        onChange={(next) => onChange({ ...condition, values: next })}
        acceptValueOnBlur
      />
    );
  if (condition.field === PIPELINE) {
    const found = pipelines.find(
      ({ id, name }) => id === value || name.toLowerCase() === value.toLowerCase(),
    );
    return (
      <Select
        aria-label={label}
        placeholder="Pipeline"
        data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
        value={found?.id ?? null}
        onChange={set}
        allowDeselect={false}
      />
    );
  }
  const choices = field?.kind === 'boolean' ? ['true', 'false'] : (field?.choices ?? []);
  if (choices.length > 0 && (op === 'equals' || op === 'not_equals'))
    return (
      <Select
        aria-label={label}
        placeholder="Value"
        data={choices.includes(value) || value === '' ? choices : [...choices, value]}
        value={value === '' ? null : value}
        onChange={set}
        allowDeselect={false}
      />
    );
  return (
    <TextInput
      aria-label={label}
      placeholder={field?.kind === 'time' ? '2026-06-01' : 'Value'}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
