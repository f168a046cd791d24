import { Textarea, TextInput } from '@mantine/core';
import {
  useChangeCustomType,
  useCreateCustomType,
  type CustomType,
  type NewCustomType,
} from '../../api/custom-type-queries.ts';
import { validationError } from '../../api/client.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { readJson } from '../../ui/json-place.ts';
import { useApiForm } from '../../ui/use-api-form.ts';

/** The defaults of a new type, as an example. */
const FIRST_SCHEMA = {
  type: 'object',
  properties: {
    number: { type: 'string', description: 'The number of the order.' },
    total: { type: 'number' },
  },
  required: ['number'],
  additionalProperties: false,
};
const FIRST_SAMPLE = { number: 'A-1', total: 12.5 };

/** Creates or edits a custom event type; the name cannot be changed. */
export function EventTypeForm({
  type,
  onClose,
  onSaved,
}: {
  type: CustomType | null;
  onClose: () => void;
  onSaved: (type: CustomType) => void;
}) {
  const { mutateAsync: create } = useCreateCustomType();
  const { mutateAsync: change } = useChangeCustomType(type?.name ?? '');
  const first = {
    name: type?.name ?? '',
    description: type?.description ?? '',
    schema: jsonText(type?.schema ?? FIRST_SCHEMA),
    sample: jsonText(type?.sample ?? FIRST_SAMPLE),
  };
  const api = useApiForm(first, async ({ name, description, schema, sample }) => {
    const body = {
      description,
      schema: parseJson('schema', schema) as NewCustomType['schema'],
      sample: parseJson('sample', sample) as NewCustomType['sample'],
    };
    onSaved(type ? await change(body) : await create({ name, ...body }));
  });
  const { form } = api;
  const json = (name: 'schema' | 'sample') => ({
    name,
    value: form.values[name],
    onChange: (text: string) => form.setFieldValue(name, text),
    fieldErrors: form.errors[name] ? api.fieldErrors : [],
  });

  return (
    <FormDrawer
      title={type ? `Edit ${type.name}` : 'New event type'}
      action={type ? 'Save' : 'Create event type'}
      size="44rem"
      api={api}
      onClose={onClose}
    >
      {type === null && (
        <TextInput
          label="Name"
          description="Object and action in lower case, such as order.shipped. Cannot be changed later."
          placeholder="order.shipped"
          classNames={{ input: 'mono' }}
          autoCapitalize="off"
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
      )}
      <Textarea
        label="Description"
        description="When this event occurs, in one sentence."
        autosize
        minRows={1}
        {...form.getInputProps('description')}
      />
      <JsonField
        label="Schema"
        description="JSON Schema of the event data. Events that do not match are rejected."
        {...json('schema')}
      />
      <JsonField
        label="Sample"
        description="Example data that matches the schema. Used by Send test."
        {...json('sample')}
      />
    </FormDrawer>
  );
}

export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/**
 * Parses a JSON text.
 * @throws ApiError a validation error for invalid JSON
 */
export function parseJson(field: string, text: string): unknown {
  const read = readJson(text);
  if ('brokenLine' in read) throw validationError(field, 'invalid JSON from here');
  return read.value;
}
