import { lazy, Suspense } from 'react';
import { isCostly } from './markdown-cost.ts';
import classes from './markdown.module.css';

/** Loaded on demand: the renderer is needed where there are notes only. */
const MarkdownText = lazy(async () => ({ default: (await import('./markdown-text.tsx')).MarkdownText }));

/** A text in Markdown; until the renderer is loaded, or if it would take too long, as it was typed. */
export function Markdown({ text }: { text: string }) {
  if (isCostly(text))
    return (
      <div className={classes.root}>
        <p className={classes.plain}>{text}</p>
      </div>
    );
  return (
    <div className={classes.root}>
      <Suspense fallback={<p className={classes.plain}>{text}</p>}>
        <MarkdownText text={text} />
      </Suspense>
    </div>
  );
}
