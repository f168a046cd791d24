import { IconMail, IconMessages, IconTemplate } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import { paths } from '../paths.ts';
import { RecordList } from '../record/record-list.tsx';
import { ViewSwitch } from '../ui/view-switch.tsx';

const VIEWS = [
  { value: 'emails', label: 'Emails', icon: IconMail },
  { value: 'conversations', label: 'Conversations', icon: IconMessages },
  { value: 'templates', label: 'Templates', icon: IconTemplate },
] as const;

/** Emails or templates, which share an item of the navigation. */
export function EmailList({ object }: { object: ObjectType }) {
  const navigate = useNavigate();
  const other = useObject(object.key === 'email' ? 'template' : 'email');
  return (
    <RecordList
      object={object}
      tools={
        other && (
          <ViewSwitch
            views={VIEWS}
            value={object.key === 'email' ? 'emails' : 'templates'}
            onChange={(view) => {
              if (view === 'conversations') void navigate(paths.conversations());
              else void navigate(paths.records(view));
            }}
          />
        )
      }
    />
  );
}
