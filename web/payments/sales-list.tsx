import { IconCash, IconRepeat } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import { paths } from '../paths.ts';
import { RecordList } from '../record/record-list.tsx';
import { ViewSwitch } from '../ui/view-switch.tsx';

const VIEWS = [
  { value: 'payments', label: 'Payments', icon: IconCash },
  { value: 'subscriptions', label: 'Subscriptions', icon: IconRepeat },
] as const;

/** Payments or subscriptions, which share an item of the navigation. */
export function SalesList({ object }: { object: ObjectType }) {
  const navigate = useNavigate();
  const other = useObject(object.key === 'payment' ? 'subscription' : 'payment');
  return (
    <RecordList
      object={object}
      tools={
        other && (
          <ViewSwitch
            views={VIEWS}
            value={object.key === 'payment' ? 'payments' : 'subscriptions'}
            onChange={(plural) => void navigate(paths.records(plural))}
          />
        )
      }
    />
  );
}
