import { IconMail, IconMessages, IconTemplate } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useObjects } from '../api/object-queries.ts';
import { paths } from '../paths.ts';
import { ViewSwitch } from '../ui/view-switch.tsx';

const VIEWS = [
  { value: 'emails', label: 'Emails', icon: IconMail },
  { value: 'conversations', label: 'Conversations', icon: IconMessages },
  { value: 'templates', label: 'Templates', icon: IconTemplate },
] as const;

/** Switches between the lists that share an item of the navigation, of those that the session may read. */
export function EmailViews({ value }: { value: (typeof VIEWS)[number]['value'] }) {
  const navigate = useNavigate();
  const objects = useObjects();
  const isReadable = (plural: string) => objects.some((object) => object.plural === plural);
  const views = VIEWS.filter((view) => isReadable(view.value === 'conversations' ? 'emails' : view.value));
  if (views.length < 2) return null;
  return (
    <ViewSwitch
      views={views}
      value={value}
      onChange={(view) =>
        void navigate(view === 'conversations' ? paths.conversations() : paths.records(view))
      }
    />
  );
}
