import { PasswordInput, Select, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import type { SecretChange } from '../../api/webhook-queries.ts';

/** Where a signing secret comes from. */
export type SecretChoice = 'made' | 'key' | 'own' | 'none';

export const SECRET_CHOICES: Readonly<Record<SecretChoice, string>> = {
  made: 'Made for you, and shown once',
  key: 'A private key (Ed25519): receivers verify by the public one',
  own: 'Your own',
  none: 'None: deliveries are not signed',
};

/** What there is on creation, the usual one first. */
const CHOICES: Readonly<Record<WebhookFormat['unsigned'] | 'private keys', readonly SecretChoice[]>> = {
  'private keys': ['made', 'key', 'own'],
  never: ['made', 'own'],
  'where asked': ['made', 'own', 'none'],
  'by default': ['none', 'own'],
};

interface SecretValues {
  secret: string;
  secret_choice: SecretChoice;
}

/** What a webhook of this format is made with where nobody chooses. */
export function usualSecret(format: WebhookFormat): SecretChoice {
  return format.unsigned === 'by default' ? 'none' : 'made';
}

/** Whether deliveries can be signed with a private key, too. */
export function hasPrivateKeys(format: WebhookFormat): boolean {
  return format.name === 'standard';
}

/** The choice as the API takes it: left out, one is made. */
export function sentSecret(
  { secret, secret_choice: choice }: SecretValues,
  format: WebhookFormat,
): Pick<SecretChange, 'secret' | 'signature'> {
  if (choice === 'key') return { signature: 'v1a' };
  if (choice === 'made') return hasPrivateKeys(format) ? { signature: 'v1' } : {};
  return { secret: choice === 'own' ? secret : null };
}

/** A signing secret: made, one's own, or none, as far as the format knows these. */
export function SecretField<Values extends SecretValues>({
  form,
  format,
  choices,
}: {
  form: UseFormReturnType<Values>;
  format: WebhookFormat;
  /** Those that there are; where left out, as the format has it on creation. */
  choices?: readonly SecretChoice[];
}) {
  const offered = choices ?? CHOICES[hasPrivateKeys(format) ? 'private keys' : format.unsigned];
  return (
    <Stack gap="md">
      <Select
        label="Secret"
        data={offered.map((value) => ({ value, label: SECRET_CHOICES[value] }))}
        allowDeselect={false}
        {...form.getInputProps('secret_choice')}
      />
      {form.values.secret_choice === 'own' && (
        <PasswordInput
          label="Your secret"
          description={
            format.name === 'standard'
              ? 'whsec_ and the base64 of 24 to 64 bytes, or whsk_ and that of an Ed25519 key.'
              : 'The text that your receiver verifies with.'
          }
          autoComplete="off"
          required
          visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }}
          {...form.getInputProps('secret')}
        />
      )}
    </Stack>
  );
}
