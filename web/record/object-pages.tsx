import { useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useObjects } from '../api/object-queries.ts';
import { NotFoundPage } from '../ui/not-found-page.tsx';
import { useObjectView } from './object-view.ts';

/** Loaded on demand: the page of a record has no table, and a list needs no page. */
const DrawnPage = lazy(async () => ({ default: (await import('./record-page.tsx')).RecordPage }));
const RecordList = lazy(async () => ({ default: (await import('./record-list.tsx')).RecordList }));

/** The list of the object whose plural is in the path. */
export function ListPage() {
  const { plural } = useParams({ from: '/inside/$plural' });
  const object = useObjects().find((item) => item.plural === plural);
  const { List = RecordList } = useObjectView(object?.key ?? '');
  if (!object) return <NotFoundPage />;
  return (
    <Suspense>
      <List key={object.key} object={object} />
    </Suspense>
  );
}

/** The page of a record of that object. */
export function RecordPage() {
  const { plural, id } = useParams({ from: '/inside/$plural/$id' });
  const object = useObjects().find((item) => item.plural === plural);
  const { Page = DrawnPage } = useObjectView(object?.key ?? '');
  if (!object) return <NotFoundPage />;
  return (
    <Suspense>
      <Page key={id} object={object} id={id} />
    </Suspense>
  );
}
