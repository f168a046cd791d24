import { Accordion, Group, NumberInput, Select, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { Webhook, WebhookChange } from '../../api/webhook-queries.ts';
import { HeaderFields, type Header } from './header-fields.tsx';

/** What is seldom changed. An empty field: as the format has it. */
export interface Options {
  method: NonNullable<WebhookChange['method']>;
  content_type: NonNullable<WebhookChange['content_type']>;
  timeout_s: number | '';
  /** Retries after the first attempt. */
  retry: number | '';
  disable_after: number | '';
  headers: Header[];
}

export function optionsOf(webhook: Webhook | null): Options {
  return {
    // The API gives back no others than it takes.
    method: (webhook?.method ?? 'POST') as Options['method'],
    content_type: (webhook?.content_type ?? 'application/json') as Options['content_type'],
    timeout_s: webhook?.timeout_s ?? '',
    retry: webhook?.retry.max ?? '',
    disable_after: webhook?.disable_after ?? '',
    headers: Object.entries(webhook?.headers ?? {}).map(([name, value]) => ({ name, value })),
  };
}

/** The options as the API takes them. */
export function sentOptions(options: Options): WebhookChange {
  const { timeout_s: timeout, retry, disable_after: after, headers } = options;
  return {
    method: options.method,
    content_type: options.content_type,
    ...(timeout !== '' && { timeout_s: timeout }),
    ...(retry !== '' && { retry: { max: retry } }),
    disable_after: after === '' ? null : after,
    headers: Object.fromEntries(
      headers.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
    ),
  };
}

export function WebhookOptions<Values extends Options>({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <Accordion variant="contained" chevronPosition="left">
      <Accordion.Item value="options">
        <Accordion.Control>Options</Accordion.Control>
        <Accordion.Panel>
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
              <NumberInput
                label="Timeout in seconds"
                placeholder="Default"
                allowDecimal={false}
                {...form.getInputProps('timeout_s')}
              />
              <NumberInput
                label="Retries"
                placeholder="Default"
                allowDecimal={false}
                {...form.getInputProps('retry')}
              />
            </Group>
            <NumberInput
              label="Disable after failures in a row"
              placeholder="Never"
              allowDecimal={false}
              {...form.getInputProps('disable_after')}
            />
            <HeaderFields {...form.getInputProps('headers')} />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
