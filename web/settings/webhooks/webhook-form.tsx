import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { eventTypesQuery } from '../../api/event-type-queries.ts';
import { useCreateWebhook, useUpdateWebhook, type Webhook } from '../../api/webhook-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { EventPicker } from './event-picker.tsx';

const PAYLOADS = [
  { value: 'full', label: 'Full: the record as it is' },
  { value: 'summary', label: 'Summary: nothing personal' },
];

interface Values {
  name: string;
  url: string;
  format: string;
  events: string[];
  /** Empty: as the format has it. */
  payload: Webhook['payload'] | '';
}

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
  const { data: types = [] } = useQuery(eventTypesQuery);
  const { mutateAsync: create } = useCreateWebhook();
  const { mutateAsync: update } = useUpdateWebhook(webhook?.id ?? '');
  const initial: Values = {
    name: webhook?.name ?? '',
    url: webhook?.url ?? '',
    format: webhook?.format ?? 'standard',
    events: webhook?.events ?? ['*'],
    payload: webhook?.payload ?? '',
  };
  const api = useApiForm(initial, async ({ format, payload, ...values }) => {
    const body = { ...values, ...(payload && { payload }) };
    onSaved(webhook ? await update(body) : await create({ ...body, format }));
  });
  const { form } = api;
  const formats = [...new Set(['standard', ...types.flatMap((type) => type.formats)])];

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
          data={formats.map((format) => ({ value: format, label: FORMAT_NAMES[format] ?? format }))}
          allowDeselect={false}
          {...form.getInputProps('format')}
        />
      )}
      <EventPicker {...form.getInputProps('events')} />
      <Select
        label="Payload"
        data={webhook ? PAYLOADS : [{ value: '', label: 'As the format has it' }, ...PAYLOADS]}
        allowDeselect={false}
        {...form.getInputProps('payload')}
      />
    </FormDrawer>
  );
}

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  standard: 'Standard Webhooks',
  axocrm: 'axoCRM',
  automatenexus: 'AutomateNexus',
  axcelerate: 'aXcelerate',
};
