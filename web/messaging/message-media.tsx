import { Anchor, Image, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { messageMediaQuery } from '../api/message-queries.ts';

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
      <Image
        key={position}
        src={source}
        alt={`Picture ${position + 1}`}
        mah={240}
        w="auto"
        maw="100%"
        fit="contain"
        radius="md"
        mt={4}
      />
    ) : (
      <Anchor key={position} href={source} size="sm" display="block">
        Download file {position + 1} ({type})
      </Anchor>
    );
  });
}
