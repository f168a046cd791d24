import { useQuery } from '@tanstack/react-query';
import { unreadEmailsQuery } from '../api/unread-queries.ts';
import { numberText } from '../ui/format.ts';
import classes from './unread-count.module.css';

/** The number of unread emails, at the item of the navigation; nothing if there are none. */
export function UnreadCount() {
  const { data } = useQuery(unreadEmailsQuery);
  const count = data?.emails ?? 0;
  if (count === 0) return null;
  return (
    <span className={classes.root} aria-label={`${numberText(count)} unread`}>
      {count >= 1_000 ? '999+' : numberText(count)}
    </span>
  );
}
