import { useParams } from '@tanstack/react-router';
import { useObjects } from '../api/object-queries.ts';
import { NotFoundPage } from '../ui/not-found-page.tsx';
import { useObjectView } from './object-view.ts';
import { RecordList } from './record-list.tsx';
import { RecordPage as DrawnPage } from './record-page.tsx';

/** The list of the object whose plural is in the path. */
export function ListPage() {
  const { plural } = useParams({ from: '/inside/$plural' });
  const object = useObjects().find((item) => item.plural === plural);
  const { List = RecordList } = useObjectView(object?.key ?? '');
  return object ? <List key={object.key} object={object} /> : <NotFoundPage />;
}

/** The page of a record of that object. */
export function RecordPage() {
  const { plural, id } = useParams({ from: '/inside/$plural/$id' });
  const object = useObjects().find((item) => item.plural === plural);
  const { Page = DrawnPage } = useObjectView(object?.key ?? '');
  return object ? <Page key={id} object={object} id={id} /> : <NotFoundPage />;
}
