import { Alert, Button, Group, Select, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type KeyboardEvent } from 'react';
import { phoneNumbersQuery, useSendMessage } from '../api/message-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { numberText } from '../ui/format.ts';
import { TextLink } from '../ui/router-links.tsx';
import { countSegments } from './sms-segments.ts';
import classes from './messaging.module.css';

const MAX_TEXT = 1600;

/** Curly quotes, dashes and dots that a phone keyboard makes, and their forms in the cheap encoding. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚‛]/g, "'"],
  [/[“”„‟]/g, '"'],
  [/[–—]/g, '-'],
  [/…/g, '...'],
  [/\u00a0/g, ' '],
];

/** A box to write a message; it counts in how many parts the text is sent and billed. */
export function MessageComposer({
  number,
  contactId,
  isOptedOut,
}: {
  number: string;
  contactId: string | null;
  isOptedOut: boolean;
}) {
  const [text, setText] = useState('');
  const [from, setFrom] = useState<string | null>(null);
  const { data: numbers } = useQuery(phoneNumbersQuery);
  const { mutate: send, isPending, error } = useSendMessage();
  if (numbers?.length === 0) return <NotConnected />;
  if (isOptedOut)
    return (
      <div className={classes.composer}>
        <Text size="sm" c="dimmed">
          They have opted out of messages. They can write START to get them again.
        </Text>
      </div>
    );

  const submit = () => {
    const body = text.trim();
    if (body === '' || isPending) return;
    const more = { ...(contactId !== null && { contact_id: contactId }), ...(from !== null && { from }) };
    send({ to: number, body, ...more }, { onSuccess: () => setText('') });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        aria-label="Message"
        placeholder="Write a message"
        autosize
        minRows={2}
        maxRows={8}
        maxLength={MAX_TEXT}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={onKeyDown}
        error={error?.message}
      />
      <Group justify="space-between" mt="xs" gap="xs">
        <SegmentCount text={text} onReplace={setText} />
        <Group gap="xs">
          {numbers && numbers.length > 1 && (
            <Select
              aria-label="From"
              w="10rem"
              data={[...new Set(numbers.map((item) => item.number))]}
              value={from ?? numbers.at(0)?.number ?? null}
              onChange={setFrom}
              allowDeselect={false}
            />
          )}
          <Button type="submit" loading={isPending} disabled={text.trim() === ''}>
            Send
          </Button>
        </Group>
      </Group>
    </form>
  );
}

/** As in `142 characters · 3 messages`, with the way to fewer. */
function SegmentCount({ text, onReplace }: { text: string; onReplace: (text: string) => void }) {
  const { segments, length, encoding } = countSegments(text);
  const plain = PLAIN.reduce((left, [found, replacement]) => left.replaceAll(found, replacement), text);
  const cheaper = plain !== text && countSegments(plain).segments < segments;
  return (
    <Group gap="xs">
      <span className={classes.count} aria-live="polite">
        {numberText(length)} {length === 1 ? 'character' : 'characters'}
        {length > 0 && ` · ${segments === 1 ? '1 message' : `${numberText(segments)} messages`}`}
        {encoding === 'ucs2' && ' (with special characters)'}
      </span>
      {cheaper && (
        <Button variant="subtle" size="compact-xs" onClick={() => onReplace(plain)}>
          Use plain quotes
        </Button>
      )}
    </Group>
  );
}

function NotConnected() {
  const mayConnect = useHasScope('connections:manage');
  return (
    <Alert m="md" variant="light" title="No phone number is connected">
      {mayConnect ? (
        <>
          <TextLink {...paths.connections()}>Connect a phone provider</TextLink> to send messages.
        </>
      ) : (
        'An owner or admin can connect a phone provider, so that you can send messages.'
      )}
    </Alert>
  );
}
