import { Select, Skeleton, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCreateApiKey, type ApiKey } from '../../api/api-key-queries.ts';
import { keyStylesQuery, type KeyStyle } from '../../api/key-style-queries.ts';
import { scopesQuery } from '../../api/scope-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { AgentField, type AgentLimits } from './agent-field.tsx';
import { AccessField } from './access-field.tsx';
import { ExpiryField, toExpiryInput, type Expiry } from './expiry-field.tsx';

interface Values extends Expiry {
  name: string;
  style: ApiKey['style'];
  scopes: string[] | null;
  budget: AgentLimits | null;
}

interface ApiKeyFormProps {
  onClose: () => void;
  onCreated: (key: ApiKey) => void;
}

/** Creates an API key. */
export function ApiKeyForm(props: ApiKeyFormProps) {
  const { data: styles } = useQuery(keyStylesQuery);
  return styles && <LoadedForm {...props} styles={styles} />;
}

function LoadedForm({ onClose, onCreated, styles }: ApiKeyFormProps & { styles: readonly KeyStyle[] }) {
  const { mutateAsync: create } = useCreateApiKey();
  const fixedScopes = (style: ApiKey['style']) => styles.find(({ name }) => name === style)?.scopes ?? null;
  const initial: Values = {
    name: '',
    style: defaultStyle(styles).name,
    scopes: null,
    budget: null,
    expires_in_days: 'never',
    expires_at: null,
  };
  const api = useApiForm(initial, async (values) => {
    const { name, style, scopes, budget } = values;
    const isFree = fixedScopes(style) === null;
    onCreated(
      await create({
        name,
        style,
        ...(isFree && scopes && { scopes }),
        ...(isFree && budget && { kind: 'agent', budget }),
        ...toExpiryInput(values),
      }),
    );
  });
  const { form } = api;
  const fixed = fixedScopes(form.values.style);

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
        description="Apps built for another CRM may expect its style."
        data={styles.map(({ name, label }) => ({ value: name, label }))}
        allowDeselect={false}
        {...form.getInputProps('style')}
      />
      {fixed === null ? (
        <>
          <AccessField {...form.getInputProps('scopes')} />
          <AgentField {...form.getInputProps('budget')} />
        </>
      ) : (
        <FixedScopes names={fixed} />
      )}
      <ExpiryField form={form} />
    </FormDrawer>
  );
}

function defaultStyle(styles: readonly KeyStyle[]): KeyStyle {
  const found = styles.find((style) => style.default);
  if (!found) throw new Error('No key style is the default.');
  return found;
}

/** What every key of a style allows. Labels of scopes are commands, such as `Send leads`. */
function FixedScopes({ names }: { names: readonly string[] }) {
  const { data: scopes } = useQuery(scopesQuery);
  if (!scopes) return <Skeleton height={20} aria-busy />;
  const labels = names.map((name) => scopes.find((scope) => scope.name === name)?.label ?? name);
  return (
    <Text size="sm" c="dimmed">
      A key of this style can only{' '}
      {labels.map((label) => label.charAt(0).toLowerCase() + label.slice(1)).join(', ')}.
    </Text>
  );
}
