import { NumberInput, PasswordInput, Select, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ConnectionField, ConnectionKind } from '../../api/connection-queries.ts';
import { PersonPicker } from '../../record/person.tsx';

export interface ConnectionValues {
  name: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

/** The initial values of a form of a kind. */
export function toConnectionValues(
  kind: ConnectionKind,
  name: string,
  settings: Record<string, unknown> = {},
): ConnectionValues {
  const initial = (field: ConnectionField) => settings[field.name] ?? field.default ?? blankOf(field);
  const ofSettings = kind.fields.filter(({ secret }) => !secret);
  const ofSecrets = kind.fields.filter(({ secret }) => secret);
  return {
    name,
    settings: Object.fromEntries(ofSettings.map((field) => [field.name, initial(field)])),
    secrets: Object.fromEntries(ofSecrets.map((field) => [field.name, ''])),
  };
}

function blankOf({ kind }: ConnectionField): unknown {
  return kind === 'boolean' ? false : '';
}

/** Only what is filled in: a secret that is left out is generated or stays. */
export function filledIn<Value>(values: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null));
}

/** One input for each setting or secret, as the API describes them. */
export function ConnectionFields({
  form,
  fields,
}: {
  form: UseFormReturnType<ConnectionValues>;
  fields: readonly ConnectionField[];
}) {
  return fields.map((field) => <ConnectionInput key={field.name} form={form} field={field} />);
}

function ConnectionInput({
  form,
  field,
}: {
  form: UseFormReturnType<ConnectionValues>;
  field: ConnectionField;
}) {
  const { label, description, required, options } = field;
  const input = form.getInputProps(`${field.secret ? 'secrets' : 'settings'}.${field.name}`);
  if (field.secret)
    return (
      <PasswordInput
        label={label}
        description={[description, field.generated && 'Leave empty to generate one.']
          .filter(Boolean)
          .join(' ')}
        required={required}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': `Show ${label.toLowerCase()}` }}
        {...input}
      />
    );
  const common = { label, description, required, ...input };
  // The id of a member: nobody knows it by heart.
  if (field.name === 'user_id' || field.name === 'owner') return <PersonPicker {...common} />;
  if (field.kind === 'select') return <Select data={options} {...common} />;
  if (field.kind === 'number') return <NumberInput {...common} />;
  if (field.kind === 'boolean')
    return <Switch label={label} description={description} {...input} checked={input.value === true} />;
  return <TextInput {...common} />;
}
