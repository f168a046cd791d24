import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { eventSchemasQuery } from '../../api/event-type-queries.ts';
import { webhookFormatsQuery, type WebhookFormat } from '../../api/webhook-format-queries.ts';
import { useCreateWebhook, useUpdateWebhook, type Webhook } from '../../api/webhook-queries.ts';
import { DocsLink } from '../../ui/docs-link.tsx';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { EventPicker } from './event-picker.tsx';
import { filterFields } from './filter-fields.ts';
import { defaultFormat, findFormat, FormatSelect } from './format-select.tsx';
import { toSecretInput, defaultSecret } from './secret-field.tsx';
import {
  toOptions,
  toFilterInput,
  toOptionsInput,
  WebhookOptions,
  type Options,
} from './webhook-options.tsx';

interface Values extends Options {
  name: string;
  url: string;
  format: string;
  events: string[];
}

const toFormValues = (webhook: Webhook | null, formats: readonly WebhookFormat[]): Values => ({
  name: webhook?.name ?? '',
  url: webhook?.url ?? '',
  format: webhook?.format ?? defaultFormat(formats).name,
  events: webhook?.events ?? ['*'],
  ...toOptions(
    webhook,
    formats.find(({ name }) => name === webhook?.format),
  ),
});

interface WebhookFormProps {
  webhook: Webhook | null;
  onClose: () => void;
  onSaved: (webhook: Webhook) => void;
}

/** Creates or edits a webhook; the format cannot be changed. */
export function WebhookForm(props: WebhookFormProps) {
  const { data: formats } = useQuery(webhookFormatsQuery);
  // The form needs the defaults of the format.
  return formats && <LoadedForm {...props} formats={formats} />;
}

function LoadedForm({
  webhook,
  onClose,
  onSaved,
  formats,
}: WebhookFormProps & { formats: readonly WebhookFormat[] }) {
  const { mutateAsync: create } = useCreateWebhook();
  const { mutateAsync: update } = useUpdateWebhook(webhook?.id ?? '');
  const formatOf = (name: string) => findFormat(formats, name);
  const { data: types = [] } = useQuery(eventSchemasQuery);
  const api = useApiForm(toFormValues(webhook, formats), async (values, { isDirty }) => {
    const { name, url, events, format } = values;
    const body = {
      ...toOptionsInput(values, formatOf(format)),
      name,
      url,
      events,
      ...(isDirty('filter') && { filter: toFilterInput(values.filter, filterFields(types, format, events)) }),
    };
    onSaved(
      webhook
        ? await update(body)
        : await create({ ...body, ...toSecretInput(values, formatOf(format)), format }),
    );
  });
  const { form } = api;
  const format = formatOf(form.values.format);

  return (
    <FormDrawer
      title={webhook ? 'Edit webhook' : 'New webhook'}
      action={webhook ? 'Save' : 'Create webhook'}
      size="40rem"
      api={api}
      onClose={onClose}
    >
      <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label="URL"
        description="HTTPS, reachable from the internet."
        placeholder="https://example.com/webhooks"
        type="url"
        required
        {...form.getInputProps('url')}
      />
      {webhook === null && (
        <FormatSelect
          label="Format"
          description={
            <>
              What the receiving app understands: the standard, or that of another CRM. Documentation:{' '}
              <DocsLink docs={format.docs} />
            </>
          }
          formats={formats}
          {...form.getInputProps('format')}
          // Each format has its own event names.
          onChange={(chosen) =>
            form.setValues({
              format: chosen,
              events: formatOf(chosen).one_event ? [] : ['*'],
              secret_choice: defaultSecret(formatOf(chosen)),
            })
          }
        />
      )}
      <EventPicker format={format} {...form.getInputProps('events')} />
      <WebhookOptions
        form={form}
        format={format}
        fields={filterFields(types, format.name, form.values.events)}
        fieldErrors={api.fieldErrors}
        isNew={webhook === null}
      />
    </FormDrawer>
  );
}
