import { Textarea, TextInput } from '@mantine/core';
import {
  useChangeCustomType,
  useCreateCustomType,
  type CustomType,
  type NewCustomType,
} from '../../api/custom-type-queries.ts';
import { refusal } from '../../api/client.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { readJson } from '../../ui/json-place.ts';
import { useApiForm } from '../../ui/use-api-form.ts';

/** What a new one begins with: enough to see how it is done. */
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

/** Defines an event type, or changes one; its name stays. */
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
      schema: sentJson('schema', schema) as NewCustomType['schema'],
      sample: sentJson('sample', sample) as NewCustomType['sample'],
    };
    onSaved(type ? await change(body) : await create({ name, ...body }));
  });
  const { form } = api;
  const json = (name: 'schema' | 'sample') => ({
    name,
    value: form.values[name],
    onChange: (text: string) => form.setFieldValue(name, text),
    refused: form.errors[name] ? api.refused : [],
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
          description="What it is about and what happened, in lower case. It cannot be changed later."
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
        description="When it happens, in one sentence."
        autosize
        minRows={1}
        {...form.getInputProps('description')}
      />
      <JsonField
        label="Schema"
        description="What its data looks like: a JSON Schema of an object. Data that does not fit is refused."
        {...json('schema')}
      />
      <JsonField label="Sample" description="Data that fits, which Send test sends." {...json('sample')} />
    </FormDrawer>
  );
}

export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/**
 * The value of a text that goes to the API.
 * @throws ApiError as the API would refuse it, where the text is no JSON
 */
export function sentJson(field: string, text: string): unknown {
  const read = readJson(text);
  if ('brokenLine' in read) throw refusal(field, 'is not JSON from here on');
  return read.value;
}
