import { Anchor, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { messageMediaQuery } from '../api/message-queries.ts';
import classes from './messaging.module.css';

/** The pictures and other files of a message. */
export function MessageMedia({ id }: { id: string }) {
  const { data: media = [] } = useQuery(messageMediaQuery(id));
  return media.map(({ position, content_type: type, is_stored: isStored, problem }) => {
    const source = `/api/v1/messages/${id}/media/${position}`;
    if (problem !== null)
      return (
        <Text key={position} size="xs" c="dimmed">
          A file could not be fetched: {problem}
        </Text>
      );
    if (!isStored)
      return (
        <Text key={position} size="xs" c="dimmed">
          A file is being fetched…
        </Text>
      );
    return type.startsWith('image/') ? (
      <img key={position} className={classes.picture} src={source} alt={`Attachment ${position + 1}`} />
    ) : (
      <Anchor key={position} href={source} size="sm" display="block">
        Download file {position + 1} ({type})
      </Anchor>
    );
  });
}
