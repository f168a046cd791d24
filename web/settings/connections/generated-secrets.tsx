import { useState } from 'react';
import type { Connection, ConnectionKind } from '../../api/connection-queries.ts';
import { SecretModal } from '../../ui/secret-modal.tsx';

/** Shows the generated secrets of a response, one after the other. */
export function GeneratedSecrets({
  connection,
  kind,
  onDone,
}: {
  connection: Connection;
  kind: ConnectionKind;
  onDone: () => void;
}) {
  const [at, setAt] = useState(0);
  const secrets = Object.entries(connection.secrets ?? {});
  const [name, secret] = secrets[at] ?? ['', ''];
  const label = kind.fields.find((field) => field.name === name)?.label ?? name;
  return (
    <SecretModal
      key={name}
      title={`${connection.name}: ${label.toLowerCase()}`}
      label={label}
      secret={secret}
      onDone={() => (at + 1 < secrets.length ? setAt(at + 1) : onDone())}
    >
      Copy this to {kind.label} now. It is stored encrypted and cannot be shown again.
    </SecretModal>
  );
}
