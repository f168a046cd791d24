import { useNavigate } from '@tanstack/react-router';
import { paths } from '../paths.ts';
import { EmailDrawer } from '../messaging/email-drawer.tsx';

/** Writes an email to anyone. */
export function NewEmail({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  return <EmailDrawer onClose={onClose} onSent={(id) => void navigate(paths.record('emails', id))} />;
}
