import { Select, Text, TextInput } from '@mantine/core';
import { useCreateApiKey, type ApiKey } from '../../api/api-key-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { ExpiryField, toExpiryInput, type Expiry } from './expiry-field.tsx';
import { ScopeField } from './scope-field.tsx';

const STYLES: { value: ApiKey['style']; label: string }[] = [
  { value: 'fairlead', label: 'Fairlead: fl_live_…' },
  { value: 'axocrm', label: 'axoCRM: axo_live_…' },
  { value: 'remixcrm', label: 'RemixCRM lead key: rmx_…' },
];

interface Values extends Expiry {
  name: string;
  style: ApiKey['style'];
  scopes: string[] | null;
}

/** Creates an API key. */
export function ApiKeyForm({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (key: ApiKey) => void;
}) {
  const { mutateAsync: create } = useCreateApiKey();
  const initial: Values = {
    name: '',
    style: 'fairlead',
    scopes: null,
    expires_in_days: 'never',
    expires_at: null,
  };
  const api = useApiForm(initial, async (values) => {
    const { name, style, scopes } = values;
    const chosen = style === 'remixcrm' ? null : scopes;
    onCreated(await create({ name, style, ...(chosen && { scopes: chosen }), ...toExpiryInput(values) }));
  });
  const { form } = api;

  return (
    <FormDrawer title="New API key" action="Create API key" api={api} onClose={onClose}>
      <TextInput
        label="Name"
        description="Which app or website uses this key."
        placeholder="Website"
        required
        data-autofocus
        {...form.getInputProps('name')}
      />
      <Select
        label="Style"
        description="The prefix of the key. Apps built for another CRM may expect its style."
        data={STYLES}
        allowDeselect={false}
        {...form.getInputProps('style')}
      />
      {form.values.style === 'remixcrm' ? (
        <Text size="sm" c="dimmed">
          A key of this style can only send leads.
        </Text>
      ) : (
        <ScopeField {...form.getInputProps('scopes')} />
      )}
      <ExpiryField form={form} />
    </FormDrawer>
  );
}
