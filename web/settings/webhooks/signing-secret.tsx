import type { Webhook } from '../../api/webhook-queries.ts';
import { SeeOnce } from '../../ui/see-once.tsx';

/** The secret of a webhook that was just made, or just rotated. */
export function SigningSecret({ webhook, onDone }: { webhook: Webhook; onDone: () => void }) {
  if (!webhook.secret) return null;
  return (
    <SeeOnce
      title={`${webhook.name}: shown once`}
      label="Signing secret"
      secret={webhook.secret}
      onDone={onDone}
    >
      {webhook.public_key === null
        ? 'Copy this secret now, and put it where your receiver verifies signatures. It is kept encrypted, and cannot be shown again.'
        : 'The private key that signs, which your receiver does not need: it verifies by the public key, which stays on the webhook’s page. It is kept encrypted, and cannot be shown again.'}
    </SeeOnce>
  );
}
