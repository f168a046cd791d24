import { MAX_WRITES_PER_HOUR } from '../account/agent-limits.ts';
import type { Membership, User } from '../account/user.ts';
import { html, type Html } from '../http/public/html.ts';
import { hiddenFields, NO_FRAME, publicPage, type PageFiles } from '../http/public/public-page.ts';
import { OAUTH_PATHS } from './oauth-metadata.ts';
import type { OAuthScope } from './oauth-scope.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { isLoopback, policySource } from './redirect-uri.ts';

const FILES: PageFiles = { stylesheet: '/f/assets/form.css', script: null };

/** The fields of the form, in addition to the parameters of the request. */
export const FIELDS = {
  token: '_token',
  decision: 'decision',
  workspace: 'workspace_id',
  scope: 'allow',
  writes: 'writes_per_hour',
  objects: 'objects',
} as const;

/** What the page of one person shows. */
export interface ConsentView {
  request: AuthorizationRequest;
  user: User;
  memberships: readonly Membership[];
  /** The id of the workspace that is chosen at first. */
  workspaceId: string;
  /** Writes an hour that are entered at first. */
  writesPerHour: number;
  /** The types of records. */
  objects: readonly { name: string; label: string }[];
  token: string;
  /** Why the form was not accepted. */
  problem: string | null;
}

/** The scopes in plain words, and whether they are ticked at first. */
const CHOICES: Readonly<
  Record<Exclude<OAuthScope, 'read'>, { label: string; help: string; isTicked: boolean }>
> = {
  write: {
    label: 'Add and change records',
    help: 'Contacts, deals, tasks, notes and more. Most changes can be undone for 30 days.',
    isTicked: true,
  },
  send: {
    label: 'Send emails and text messages in your name',
    help: 'What was sent cannot be taken back.',
    isTicked: false,
  },
  delete: {
    label: 'Delete, erase and merge records',
    help: 'Includes adding and changing records.',
    isTicked: false,
  },
};

/** The page on which a person allows or refuses what an app asks for. */
export function consentPage(view: ConsentView): string {
  const { request, user, problem } = view;
  const { name } = request.client;
  const body = html`<h1>Connect ${name} to your CRM?</h1>
    ${problem !== null && html`<div class="problems" role="alert"><p>${problem}</p></div>`}
    <p class="text">You are signed in as ${user.name} (${user.email}).</p>
    <dl class="summary">${identity(request)}</dl>
    ${warning(request)}
    <form method="post" action="${OAUTH_PATHS.authorize}">
      ${hiddenFields({ ...request.sent, [FIELDS.token]: view.token })} ${workspaceField(view)} ${rights(view)}
      ${limits(view)}
      <p class="text">
        It acts for you, never does more than you may, and never gets the rights of administrators. You can
        end its access at any time in your profile.
      </p>
      <p class="more">
        <button type="submit" name="${FIELDS.decision}" value="allow">Allow access</button>
        <button type="submit" name="${FIELDS.decision}" value="deny" class="quiet">Cancel</button>
      </p>
    </form>`;
  return publicPage(`Connect ${name}`, body, NO_FRAME, FILES);
}

/** A page about an error. @param back a link to the app */
export function refusalPage(message: string, back: string | null): string {
  const body = html`<h1>The app cannot be connected</h1>
    <p class="text">${message}</p>
    ${back !== null && html`<p class="more"><a class="button" href="${back}">Back to ${new URL(back).host}</a></p>`}`;
  return publicPage('The app cannot be connected', body, NO_FRAME, FILES);
}

function identity({ client, redirectUri }: AuthorizationRequest): Html[] {
  const { documentHost } = client;
  const published =
    documentHost === null ? 'Not verified: the app named itself' : `Published by ${documentHost}`;
  const row = (term: string, text: string) =>
    html`<dt>${term}</dt>
      <dd>${text}</dd>`;
  const url = new URL(redirectUri);
  return [
    row('App', client.name),
    row('Identity', published),
    row('Sends you to', isLoopback(url) ? `a program on your computer (${url.host})` : url.host),
  ];
}

function warning({ redirectUri, client }: AuthorizationRequest): Html | false {
  const url = new URL(redirectUri);
  if (isLoopback(url))
    return html`<div class="problems">
      <p>
        Any program on your computer can call itself ${client.name}. Continue only if you have just started
        this there.
      </p>
    </div>`;
  if (client.documentHost !== null && client.documentHost === url.host) return false;
  return html`<div class="problems">
    <p>Continue only if you know ${url.host}, and have just started this there.</p>
  </div>`;
}

function workspaceField({ memberships, workspaceId }: ConsentView): Html {
  const options = memberships.map(
    ({ id, name }) => html`<option value="${id}" ${id === workspaceId && html`selected`}>${name}</option>`,
  );
  return html`<div class="field">
    <label for="workspace">Workspace</label>
    <select id="workspace" name="${FIELDS.workspace}">
      ${options}
    </select>
  </div>`;
}

function rights({ request }: ConsentView): Html {
  const choices = (['write', 'send', 'delete'] as const).filter((name) => request.scope.includes(name));
  return html`<fieldset>
    <legend>It may</legend>
    <div class="check">
      <input id="allow-read" type="checkbox" checked disabled />
      <label for="allow-read">
        Find and read records
        <span class="note">What you see in the workspace, with timelines. It is sent to the app.</span>
      </label>
    </div>
    ${choices.map((name) => {
      const { label, help, isTicked } = CHOICES[name];
      return html`<div class="check">
        <input
          id="allow-${name}"
          type="checkbox"
          name="${FIELDS.scope}"
          value="${name}"
          ${isTicked && html`checked`}
        />
        <label for="allow-${name}">${label} <span class="note">${help}</span></label>
      </div>`;
    })}
  </fieldset>`;
}

function limits({ objects, writesPerHour }: ConsentView): Html {
  return html`<div class="field">
      <label for="writes">Records it may change in an hour</label>
      <input
        id="writes"
        type="number"
        name="${FIELDS.writes}"
        min="1"
        max="${MAX_WRITES_PER_HOUR}"
        value="${writesPerHour}"
        required
      />
    </div>
    <details class="field">
      <summary>Only some types of records</summary>
      <fieldset>
        <legend class="note">All ticked: also types that are added later, and the feed of events.</legend>
        ${objects.map(
          ({ name, label }) =>
            html`<div class="check">
              <input id="object-${name}" type="checkbox" name="${FIELDS.objects}" value="${name}" checked />
              <label for="object-${name}">${label}</label>
            </div>`,
        )}
      </fieldset>
    </details>`;
}

/**
 * The headers of these pages: no script, no frame. Browsers apply form-action to the redirect after the form as well, so it
 * has the app. The referrer policy lets forms have an Origin, and keeps the URL from the app.
 * @param redirectUri of the app; null for a page without a form
 */
export function consentHeaders(redirectUri: string | null): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      `form-action ${redirectUri === null ? "'none'" : `'self' ${policySource(redirectUri)}`}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
}
