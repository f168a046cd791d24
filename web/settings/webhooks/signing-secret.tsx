import type { Webhook } from '../../api/webhook-queries.ts';
import { SecretModal } from '../../ui/secret-modal.tsx';

/** The secret of a new webhook or after a rotation. */
export function SigningSecret({ webhook, onDone }: { webhook: Webhook; onDone: () => void }) {
  if (!webhook.secret) return null;
  return (
    <SecretModal
      title={`${webhook.name}: signing secret`}
      label="Signing secret"
      secret={webhook.secret}
      onDone={onDone}
    >
      {webhook.public_key === null
        ? 'Copy this secret to your receiver now. It is stored encrypted and cannot be shown again.'
        : 'This private key signs deliveries. Your receiver only needs the public key, which is on the webhook’s page. The private key is stored encrypted and cannot be shown again.'}
    </SecretModal>
  );
}
