import { Select, TextInput } from '@mantine/core';
import { useCreateWebhook, useUpdateWebhook, type Webhook } from '../../api/webhook-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { EventPicker } from './event-picker.tsx';
import { FORMATS, hasOneEvent } from './formats.ts';
import { optionsOf, sentOptions, WebhookOptions, type Options } from './webhook-options.tsx';

const PAYLOADS = [
  { value: 'full', label: 'Full: the record as it is' },
  { value: 'summary', label: 'Summary: nothing personal' },
];

interface Values extends Options {
  name: string;
  url: string;
  format: string;
  events: string[];
  /** Empty: as the format has it. */
  payload: Webhook['payload'] | '';
}

const valuesOf = (webhook: Webhook | null): Values => ({
  name: webhook?.name ?? '',
  url: webhook?.url ?? '',
  format: webhook?.format ?? 'standard',
  events: webhook?.events ?? ['*'],
  payload: webhook?.payload ?? '',
  ...optionsOf(webhook),
});

/** Makes a webhook, or changes one; its format stays. */
export function WebhookForm({
  webhook,
  onClose,
  onSaved,
}: {
  webhook: Webhook | null;
  onClose: () => void;
  onSaved: (webhook: Webhook) => void;
}) {
  const { mutateAsync: create } = useCreateWebhook();
  const { mutateAsync: update } = useUpdateWebhook(webhook?.id ?? '');
  const api = useApiForm(valuesOf(webhook), async ({ name, url, events, format, payload, ...options }) => {
    const body = { ...sentOptions(options), name, url, events, ...(payload && { payload }) };
    onSaved(webhook ? await update(body) : await create({ ...body, format }));
  });
  const { form } = api;

  return (
    <FormDrawer
      title={webhook ? 'Edit webhook' : 'New webhook'}
      action={webhook ? 'Save' : 'Create webhook'}
      api={api}
      onClose={onClose}
    >
      <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label="URL"
        description="HTTPS, and reachable from the internet."
        placeholder="https://example.com/webhooks"
        type="url"
        required
        {...form.getInputProps('url')}
      />
      {webhook === null && (
        <Select
          label="Format"
          description="Headers, body and signature, as another CRM sends them or by the standard."
          data={FORMATS}
          allowDeselect={false}
          {...form.getInputProps('format')}
          // Another format has other names for what happens.
          onChange={(format) =>
            form.setValues({
              format: format ?? 'standard',
              events: hasOneEvent(format ?? 'standard') ? [] : ['*'],
            })
          }
        />
      )}
      <EventPicker format={form.values.format} {...form.getInputProps('events')} />
      <Select
        label="Payload"
        data={webhook ? PAYLOADS : [{ value: '', label: 'As the format has it' }, ...PAYLOADS]}
        allowDeselect={false}
        {...form.getInputProps('payload')}
      />
      <WebhookOptions form={form} />
    </FormDrawer>
  );
}
