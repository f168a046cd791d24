import { PasswordInput, Select, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';

/** Where a signing secret comes from. */
export type SecretChoice = 'made' | 'own' | 'none';

export const SECRET_CHOICES: Readonly<Record<SecretChoice, string>> = {
  made: 'Made for you, and shown once',
  own: 'Your own',
  none: 'None: deliveries are not signed',
};

interface SecretValues {
  secret: string;
  secret_choice: SecretChoice;
}

/** What a webhook of this format is made with where nobody chooses. */
export function usualSecret(format: WebhookFormat): SecretChoice {
  return format.unsigned === 'by default' ? 'none' : 'made';
}

/** The choice as the API takes it: left out, one is made. */
export function sentSecret({ secret, secret_choice: choice }: SecretValues): { secret?: string | null } {
  if (choice === 'made') return {};
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
  const offered =
    choices ??
    (
      {
        never: ['made', 'own'],
        'where asked': ['made', 'own', 'none'],
        'by default': ['none', 'own'],
      } as const
    )[format.unsigned];
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
              ? 'whsec_ and the base64 of 24 to 64 bytes.'
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
