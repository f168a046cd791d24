import { lazy, Suspense, type ComponentProps } from 'react';

/** Loaded on demand: most visits of a page only read it. */
const Loaded = lazy(async () => ({ default: (await import('./record-form.tsx')).RecordForm }));

/** The form of a record, as pages open it. */
export function RecordFormDrawer(props: ComponentProps<typeof Loaded>) {
  return (
    <Suspense>
      <Loaded {...props} />
    </Suspense>
  );
}
