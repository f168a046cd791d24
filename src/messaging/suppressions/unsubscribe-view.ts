import { html, type Html } from '../../http/public/html.ts';
import { hiddenFields, NO_FRAME, publicPage, type PageFiles } from '../../http/public/public-page.ts';
import type { EmailTopic } from './email-topic-store.ts';

/** The bundled files of web/public/; the page works without its script. */
export const UNSUBSCRIBE_FILES: PageFiles = {
  stylesheet: '/f/assets/form.css',
  script: '/f/assets/form.js',
};

/** What the preference page of a recipient shows. */
export interface PreferenceView {
  workspaceName: string;
  /** Shortened: mails are forwarded. */
  address: string;
  /** `/u/{token}`. */
  path: string;
  topics: readonly Pick<EmailTopic, 'id' | 'name' | 'description'>[];
  /** The topic of the mail; null without one. */
  topicId: string | null;
  /** Topics that the address gets no mail of. */
  unsubscribedTopics: ReadonlySet<string>;
  isUnsubscribed: boolean;
  /** Shown once, after a step. */
  notice: string | null;
}

/** The page behind a link to unsubscribe. Nothing happens until a form is sent: scanners open links. */
export function preferencePage(view: PreferenceView): string {
  const { workspaceName, address, notice, isUnsubscribed, topics } = view;
  const title = isUnsubscribed ? 'You are unsubscribed' : 'Unsubscribe';
  const body = html`
    <p class="note">${workspaceName}</p>
    <div role="status">${notice !== null && html`<p class="note">${notice}</p>`}</div>
    <h1>${title}</h1>
    ${
      isUnsubscribed
        ? html`<p class="text">${address} gets no more emails from ${workspaceName}.</p>
            ${actionForm(view, 'resubscribe', 'Subscribe again')}`
        : html`${topics.length > 0 && topicForm(view)}
            <p class="text">Stop all emails from ${workspaceName} to ${address}.</p>
            ${actionForm(view, 'unsubscribe', topics.length > 0 ? 'Unsubscribe from all emails' : 'Unsubscribe')}`
    }
  `;
  return publicPage(`${title}: ${workspaceName}`, body, NO_FRAME, UNSUBSCRIBE_FILES);
}

function actionForm({ path }: PreferenceView, action: string, label: string): Html {
  return html`<form method="post" action="${path}">
    ${hiddenFields({ action })}
    <button type="submit">${label}</button>
  </form>`;
}

/** Checked topics are those that the address gets. */
function topicForm({ path, topics, unsubscribedTopics }: PreferenceView): Html {
  return html`<form method="post" action="${path}">
    ${hiddenFields({ action: 'topics' })}
    <p class="text">Which emails do you want?</p>
    ${topics.map(
      ({ id, name, description }) =>
        html`<div class="field">
          <div class="check">
            <input
              id="topic-${id}"
              name="topic"
              type="checkbox"
              value="${id}"
              ${!unsubscribedTopics.has(id) && html`checked`}
            />
            <label for="topic-${id}">${name}</label>
          </div>
          ${description !== null && html`<p class="help">${description}</p>`}
        </div>`,
    )}
    <button type="submit">Save</button>
  </form>`;
}

/** `j•••@example.com` */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [initial = ''] = address.slice(0, at);
  return `${initial}•••${address.slice(at)}`;
}
