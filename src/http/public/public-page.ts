import { html, type Html } from './html.ts';

/** Hidden fields of public pages, which the browser sends back. No field of a page begins with `_`. */
export const CONTROLS = {
  token: '_token',
  /** The solution of the proof of work. */
  proof: '_proof',
  /** Where the visitor came from. */
  page: '_page',
} as const;

/** How a page is embedded in another site. */
export interface Frame {
  embedded: boolean;
  /** The colour scheme of the embedding page; null: the visitor's system setting. */
  scheme: 'light' | 'dark' | null;
  /** A preview, without scripts. */
  isPreview?: boolean;
}

export const NO_FRAME: Frame = { embedded: false, scheme: null };

/** The files of a page: their paths on this server. */
export interface PageFiles {
  stylesheet: string;
  /** A module; the page works without it, too. Null: it has none. */
  script: string | null;
}

/** The whole page. It has nothing inline, so that its Content-Security-Policy allows only its files. */
export function publicPage(title: string, body: Html, frame: Frame, files: PageFiles): string {
  const { embedded, scheme, isPreview = false } = frame;
  return html`<!doctype html>
    <html lang="en" ${scheme !== null && html`data-scheme="${scheme}"`}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="stylesheet" href="${files.stylesheet}" />
        ${!isPreview && files.script !== null && html`<script type="module" src="${files.script}"></script>`}
      </head>
      <body class="${embedded ? 'embedded' : 'hosted'}">
        <main>${body}</main>
      </body>
    </html> `.markup;
}

/** A page with a title and a message. */
export function messagePage(title: string, message: string, files: PageFiles): string {
  return publicPage(
    title,
    html`<h1>${title}</h1>
      <p>${message}</p>`,
    NO_FRAME,
    files,
  );
}

export function hiddenFields(fields: Readonly<Record<string, string>>): Html[] {
  return Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
}

const HONEYPOT_NAMES = ['website', 'homepage', 'company_url', 'fax_number'] as const;

/** The field that bots fill in. People do not see it. */
export const honeypot = {
  /** Its name on a page: none of the page's own fields. */
  nameFor(fields: readonly string[]): string {
    return HONEYPOT_NAMES.find((name) => !fields.includes(name)) ?? `contact_${HONEYPOT_NAMES[0]}`;
  },

  field(name: string): Html {
    return html`<div class="lure" aria-hidden="true">
      <label for="field-lure">Leave this empty</label>
      <input id="field-lure" name="${name}" type="text" tabindex="-1" autocomplete="off" />
    </div>`;
  },
};

/** A text by its blank lines. */
export function paragraphs(text: string): Html[] {
  return text.split(/\n\s*\n/).map((paragraph) => html`<p class="text">${paragraph.trim()}</p>`);
}

/** The frame that a page was requested for. */
export function frameOf(query: Readonly<Record<string, unknown>>): Frame {
  const { embed, scheme } = query;
  return {
    embedded: embed === '1',
    scheme: scheme === 'light' || scheme === 'dark' ? scheme : null,
  };
}

/** The query that keeps a page in its frame. */
export function searchOf({ embedded, scheme }: Frame): string {
  if (!embedded) return '';
  return scheme === null ? '?embed=1' : `?embed=1&scheme=${scheme}`;
}
