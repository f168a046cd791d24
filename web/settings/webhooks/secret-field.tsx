import { PasswordInput, Select, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import type { SecretChange } from '../../api/webhook-queries.ts';

/** The origin of a signing secret. */
export type SecretChoice = 'generated' | 'key' | 'custom' | 'none';

export const SECRET_CHOICES: Readonly<Record<SecretChoice, string>> = {
  generated: 'Generated',
  key: 'Private key (Ed25519): receivers verify with the public key',
  custom: 'Custom',
  none: 'None: deliveries are unsigned',
};

/** The choices for a new webhook, the default first. */
const CHOICES: Readonly<Record<WebhookFormat['unsigned'] | 'private keys', readonly SecretChoice[]>> = {
  'private keys': ['generated', 'key', 'custom'],
  never: ['generated', 'custom'],
  'where asked': ['generated', 'custom', 'none'],
  'by default': ['none', 'custom'],
};

interface SecretValues {
  secret: string;
  secret_choice: SecretChoice;
}

/** The default choice of a format. */
export function defaultSecret(format: WebhookFormat): SecretChoice {
  return format.unsigned === 'by default' ? 'none' : 'generated';
}

/** True if deliveries can be signed with a private key. */
export function hasPrivateKeys(format: WebhookFormat): boolean {
  return format.signatures.includes('v1a');
}

/** Converts to API input. Without a secret, the API generates one. */
export function toSecretInput(
  { secret, secret_choice: choice }: SecretValues,
  format: WebhookFormat,
): Pick<SecretChange, 'secret' | 'signature'> {
  if (choice === 'key') return { signature: 'v1a' };
  if (choice === 'generated') return hasPrivateKeys(format) ? { signature: 'v1' } : {};
  return { secret: choice === 'custom' ? secret : null };
}

/** Selects the signing secret: generated, custom or none, as the format allows. */
export function SecretField<Values extends SecretValues>({
  form,
  format,
  choices,
}: {
  form: UseFormReturnType<Values>;
  format: WebhookFormat;
  /** Default: the choices for a new webhook of the format. */
  choices?: readonly SecretChoice[];
}) {
  const options = choices ?? CHOICES[hasPrivateKeys(format) ? 'private keys' : format.unsigned];
  return (
    <Stack gap="md">
      <Select
        label="Secret"
        data={options.map((value) => ({ value, label: SECRET_CHOICES[value] }))}
        allowDeselect={false}
        {...form.getInputProps('secret_choice')}
      />
      {form.values.secret_choice === 'custom' && (
        <PasswordInput
          label="Your secret"
          description={format.secret_hint}
          autoComplete="off"
          required
          visibilityToggleButtonProps={{ 'aria-label': 'Show secret' }}
          {...form.getInputProps('secret')}
        />
      )}
    </Stack>
  );
}
