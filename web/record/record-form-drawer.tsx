import { lazy, Suspense, type ComponentProps } from 'react';
import { useObjectView } from './object-view.ts';

/** Loaded on demand: most visits of a page only read it. */
const Loaded = lazy(async () => ({ default: (await import('./record-form.tsx')).RecordForm }));

/** The form of a record, as pages open it. */
export function RecordFormDrawer(props: ComponentProps<typeof Loaded>) {
  const { CreateForm } = useObjectView(props.object.key);
  const { record, initial, onClose, onSaved } = props;
  if (CreateForm && record === null)
    return <CreateForm {...(initial && { initial })} onClose={onClose} onSaved={onSaved as never} />;
  return (
    <Suspense>
      <Loaded {...props} />
    </Suspense>
  );
}
