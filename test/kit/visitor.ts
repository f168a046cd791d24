import { makeSealer } from '../../src/base/seal.ts';
import { fromPublicId } from '../../src/crm/forms/form.ts';
import { makePageTokens } from '../../src/http/public/page-session.ts';
import { ask, type Reply, type Scenario } from './scenario.ts';

/** The token of a form page that was opened `ageMs` ago; a person's first submission requires 3 s. */
export function tokenOf(formId: string, ageMs = 60_000): string {
  const clock = { now: () => Date.now() - ageMs, monotonic: () => performance.now() };
  const tokens = makePageTokens(makeSealer(Buffer.alloc(32, 7)).derive('form token'), clock);
  return tokens.make(fromPublicId(formId)!).token;
}

/** Sends a form as JSON, from another site if `origin` is given. */
export function sendForm(
  s: Pick<Scenario, 'url'>,
  formId: string,
  fields: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const body = { _token: tokenOf(formId), ...fields };
  return ask(s.url, 'POST', `/f/${formId}`, { as: null, body, headers });
}
