import { Alert, Anchor, Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle, IconPhoto } from '@tabler/icons-react';
import type { EmailContentAnswer } from '../api/email-queries.ts';
import { quotedFrom } from './quoted-text.ts';
import classes from './received-mail.module.css';

const PROBLEMS: Record<NonNullable<EmailContentAnswer['problem']>, string> = {
  header_too_large: 'Its header is too large to be read.',
  too_many_parts: 'It has too many parts to be read.',
  too_deep: 'Its parts are nested too deeply to be read.',
  content_too_large: 'It is too large to be shown.',
  unreadable: 'It could not be read.',
};

/** Pictures, backgrounds and styles that other servers have. */
const REMOTE = /(?:src|background)\s*=\s*["']?\s*(?:https?:)?\/\/|url\(\s*["']?\s*(?:https?:)?\/\//i;

/** What a stranger wrote: HTML in a frame that is no part of the dashboard, text with what it quotes folded away. */
export function ReceivedMail({ id, content }: { id: string; content: EmailContentAnswer }) {
  const { html, text, problem } = content;
  return (
    <>
      {problem !== null && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />}>
          {PROBLEMS[problem]} The original is attached, if it is not too large.
        </Alert>
      )}
      {html === null ? <PlainText text={text ?? ''} /> : <HtmlFrame id={id} html={html} />}
    </>
  );
}

function HtmlFrame({ id, html }: { id: string; html: string }) {
  const [showsPictures, { open }] = useDisclosure();
  return (
    <>
      {!showsPictures && REMOTE.test(html) && (
        <Group gap="xs">
          <Button variant="default" size="compact-sm" leftSection={<IconPhoto size={14} />} onClick={open}>
            Show pictures
          </Button>
          <span className={classes.hint}>The sender can see that you load them.</span>
        </Group>
      )}
      <iframe
        title="Email"
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        src={`/api/v1/emails/${id}/frame?pictures=${showsPictures}`}
        className={classes.frame}
      />
    </>
  );
}

function PlainText({ text }: { text: string }) {
  const [showsQuote, { toggle }] = useDisclosure();
  const at = quotedFrom(text);
  return (
    <div>
      <pre className={classes.text}>{text.slice(0, at).trimEnd()}</pre>
      {at < text.length && (
        <>
          <Anchor component="button" type="button" size="sm" onClick={toggle} aria-expanded={showsQuote}>
            {showsQuote ? 'Hide quoted text' : 'Show quoted text'}
          </Anchor>
          {showsQuote && <pre className={classes.quote}>{text.slice(at)}</pre>}
        </>
      )}
    </div>
  );
}
