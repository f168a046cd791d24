import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Input,
  Menu,
  Select,
  TextInput,
  UnstyledButton,
} from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconChevronDown,
  IconChevronRight,
  IconPlus,
  IconTrash,
} from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { FormField } from '../../api/form-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import classes from './field-editor.module.css';
import { LinesInput } from './lines-input.tsx';
import { keyFrom, LEAD_KINDS, newField, OWN_KINDS } from './form-draft.ts';

/** A stable default value. */
const NONE: FormField[] = [];

/** Edits the fields of a form, or the questions of another page: add, move, change in place, remove. */
export function FieldEditor({
  value = NONE,
  onChange,
  error,
  fixedKeys,
  noun = 'field',
}: {
  value?: FormField[];
  onChange: (fields: FormField[]) => void;
  error?: ReactNode;
  /** Keys that are already in use elsewhere: they stay the same when the label changes. */
  fixedKeys: ReadonlySet<string>;
  /** A question sets no field of a lead. */
  noun?: 'field' | 'question';
}) {
  const [open, setOpen] = useState<number | null>(null);
  const add = (kind: string) => {
    onChange([...value, newField(kind, value)]);
    setOpen(value.length);
  };
  const move = (at: number, by: 1 | -1) => {
    const moved = [...value];
    moved.splice(at + by, 0, ...moved.splice(at, 1));
    onChange(moved);
    if (open === at) setOpen(at + by);
    else if (open === at + by) setOpen(at);
  };
  const remove = (at: number) => {
    onChange(value.filter((_field, index) => index !== at));
    setOpen(null);
  };

  return (
    <Input.Wrapper
      component="fieldset"
      label={noun === 'field' ? 'Fields' : 'Besides name and email'}
      error={error}
      className={classes.root}
    >
      <ol className={classes.list}>
        {value.map((field, at) => (
          // No property of a field is stable while it is edited. The inputs are controlled, so the index is safe as a key.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={at} className={classes.item}>
            <Group gap={4} wrap="nowrap" className={classes.row}>
              <UnstyledButton
                className={classes.name}
                aria-expanded={open === at}
                onClick={() => setOpen(open === at ? null : at)}
              >
                {open === at ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
                <span className={classes.label}>{field.label || `Untitled ${noun}`}</span>
                <span className={classes.type}>
                  {typeName(field.type)}
                  {field.required && ', required'}
                </span>
              </UnstyledButton>
              <FieldAction label={`Move ${field.label} up`} disabled={at === 0} onClick={() => move(at, -1)}>
                <IconArrowUp size={15} />
              </FieldAction>
              <FieldAction
                label={`Move ${field.label} down`}
                disabled={at === value.length - 1}
                onClick={() => move(at, 1)}
              >
                <IconArrowDown size={15} />
              </FieldAction>
              <FieldAction label={`Remove ${field.label}`} onClick={() => remove(at)}>
                <IconTrash size={15} />
              </FieldAction>
            </Group>
            {open === at && (
              <FieldSettings
                field={field}
                others={value.filter((_field, index) => index !== at)}
                isKeyFixed={fixedKeys.has(field.key)}
                noun={noun}
                onChange={(changed) => onChange(value.map((item, index) => (index === at ? changed : item)))}
              />
            )}
          </li>
        ))}
      </ol>
      <AddField fields={value} noun={noun} onAdd={add} />
    </Input.Wrapper>
  );
}

function FieldAction({
  label,
  disabled = false,
  onClick,
  children,
}: {
  label: string;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={label} disabled={disabled} onClick={onClick}>
      {children}
    </ActionIcon>
  );
}

function AddField({
  fields,
  noun,
  onAdd,
}: {
  fields: readonly FormField[];
  noun: 'field' | 'question';
  onAdd: (kind: string) => void;
}) {
  const taken = new Set(fields.map(({ maps_to: target }) => target));
  const item = ([kind, { label }]: [string, { label: string }]) => (
    <Menu.Item key={kind} onClick={() => onAdd(kind)}>
      {label}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" size="xs" mt="xs" leftSection={<IconPlus size={14} />}>
          Add {noun}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        {noun === 'field' && (
          <>
            <Menu.Label>Lead fields</Menu.Label>
            {Object.entries(LEAD_KINDS)
              .filter(([kind]) => !taken.has(kind))
              .map(item)}
            <Menu.Label>Custom fields</Menu.Label>
          </>
        )}
        {Object.entries(OWN_KINDS).map(item)}
      </Menu.Dropdown>
    </Menu>
  );
}

const TARGETS = Object.keys(LEAD_KINDS).map((name) => ({ value: name, label: `Lead: ${fieldLabel(name)}` }));
const WITH_PLACEHOLDER = new Set<FormField['type']>([
  'text',
  'email',
  'phone',
  'textarea',
  'number',
  'select',
]);

function FieldSettings({
  field,
  others,
  isKeyFixed,
  noun,
  onChange,
}: {
  field: FormField;
  others: readonly FormField[];
  isKeyFixed: boolean;
  noun: 'field' | 'question';
  onChange: (field: FormField) => void;
}) {
  const set = (change: Partial<FormField>) => onChange({ ...field, ...change });
  const customField = `custom_fields.${field.key}`;
  const setLabel = (label: string) => {
    const isDerived = !isKeyFixed && !(field.maps_to !== null && field.maps_to in LEAD_KINDS);
    const key = isDerived ? keyFrom(label, others) : field.key;
    set({ label, key, maps_to: field.maps_to === customField ? `custom_fields.${key}` : field.maps_to });
  };
  return (
    <div className={classes.settings}>
      <TextInput
        label="Label"
        required
        value={field.label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      {field.type === 'select' && (
        <LinesInput
          label="Options"
          description="One per line."
          value={field.options}
          onChange={(options) => set({ options })}
        />
      )}
      {field.type === 'hidden' ? (
        <TextInput
          label="Value"
          description={`Default value. ?${field.key}=… in the page’s URL overrides it.`}
          value={field.value ?? ''}
          onChange={(event) => set({ value: event.currentTarget.value || null })}
        />
      ) : (
        <>
          <Checkbox
            label="Required"
            checked={field.required}
            onChange={(event) => set({ required: event.currentTarget.checked })}
          />
          {WITH_PLACEHOLDER.has(field.type) && (
            <TextInput
              label="Placeholder"
              value={field.placeholder ?? ''}
              onChange={(event) => set({ placeholder: event.currentTarget.value || null })}
            />
          )}
          <TextInput
            label="Help text"
            value={field.help ?? ''}
            onChange={(event) => set({ help: event.currentTarget.value || null })}
          />
        </>
      )}
      {noun === 'field' && (
        <Select
          label="Maps to"
          data={[
            { value: '', label: 'Submission only' },
            { value: customField, label: `Lead: custom field ${field.key}` },
            ...TARGETS,
            ...(field.maps_to?.startsWith('custom_fields.') && field.maps_to !== customField
              ? [
                  {
                    value: field.maps_to,
                    label: `Lead: ${field.maps_to.replace('custom_fields.', 'custom field ')}`,
                  },
                ]
              : []),
          ]}
          allowDeselect={false}
          value={field.maps_to ?? ''}
          onChange={(target) => set({ maps_to: target || null })}
        />
      )}
      <TextInput
        label="Key"
        description={`The ${noun}’s name in the API and in webhooks.`}
        value={field.key}
        onChange={(event) => set({ key: event.currentTarget.value })}
      />
    </div>
  );
}

function typeName(type: FormField['type']): string {
  return type === 'textarea' ? 'long text' : type === 'select' ? 'choice' : type;
}
