import { Group, NumberInput, Select, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import { HeaderFields } from './header-fields.tsx';
import type { Options } from './webhook-options.tsx';

const PAYLOADS = {
  full: 'Full: the complete record',
  summary: 'Summary: no personal data',
};

/** What a value of `names` means in a format. */
function namesLabel(names: string, format: WebhookFormat): string {
  return names === format.name ? `${format.label} names, integer ids` : 'Fairlead names, UUIDs';
}

/** The request options of deliveries. */
export function RequestOptions<Values extends Options>({
  form,
  format,
}: {
  form: UseFormReturnType<Values>;
  format: WebhookFormat;
}) {
  const defaultPayload = format.payload;
  const other = defaultPayload === 'full' ? 'summary' : 'full';
  return (
    <Stack gap="md">
      <Group grow align="flex-start">
        <Select
          label="Method"
          data={['POST', 'PUT', 'PATCH']}
          allowDeselect={false}
          {...form.getInputProps('method')}
        />
        <Select
          label="Content type"
          data={[
            { value: 'application/json', label: 'JSON' },
            { value: 'application/x-www-form-urlencoded', label: 'Form' },
          ]}
          allowDeselect={false}
          {...form.getInputProps('content_type')}
        />
      </Group>
      <Group grow align="flex-start">
        <Select
          label="Payload"
          data={[
            { value: '', label: `${PAYLOADS[defaultPayload]} (default)` },
            { value: other, label: PAYLOADS[other] },
          ]}
          allowDeselect={false}
          {...form.getInputProps('payload')}
        />
        <NumberInput
          label="Timeout in seconds"
          placeholder={`${format.timeout_s}`}
          allowDecimal={false}
          {...form.getInputProps('timeout_s')}
        />
      </Group>
      {format.names.length > 0 && (
        <Select
          label="Names and ids"
          data={format.names.map((name, at) => {
            const label = namesLabel(name, format);
            return at === 0 ? { value: '', label: `${label} (default)` } : { value: name, label };
          })}
          allowDeselect={false}
          {...form.getInputProps('names')}
        />
      )}
      <HeaderFields {...form.getInputProps('headers')} />
    </Stack>
  );
}
