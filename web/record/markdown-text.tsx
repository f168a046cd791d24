import ReactMarkdown, { defaultUrlTransform, type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import classes from './markdown.module.css';

/** Images are left out: they would tell another server who reads the note. HTML is shown as text. */
const ALLOWED = [
  'p',
  'br',
  'hr',
  'strong',
  'em',
  'del',
  'code',
  'pre',
  'blockquote',
  'a',
  'ul',
  'ol',
  'li',
  'input',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
];

const PLUGINS = [remarkGfm];

const COMPONENTS: Components = {
  a: ({ href = '', children }) =>
    href.startsWith('user:') ? (
      <span className={classes.mention}>{children}</span>
    ) : (
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    ),
  // A note is within a page that has these.
  h1: ({ children }) => <h4>{children}</h4>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h4>{children}</h4>,
};

/** Renders Markdown as elements, so that nothing in the text is ever markup of the page. */
export function MarkdownText({ text }: { text: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={PLUGINS}
      allowedElements={ALLOWED}
      unwrapDisallowed
      components={COMPONENTS}
      urlTransform={(url) => (/^user:[0-9a-f-]{36}$/i.test(url) ? url : defaultUrlTransform(url))}
    >
      {text}
    </ReactMarkdown>
  );
}
