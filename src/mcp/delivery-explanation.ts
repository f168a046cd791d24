import type { ApiCaller, Body } from './api-caller.ts';

interface Attempt {
  at: string;
  status: number | null;
  failure: string | null;
  detail: string | null;
  response: string | null;
  duration_ms: number;
}

/** Explains a delivery of the API in one sentence, with its attempts and what to do. */
export async function explanationOf(api: ApiCaller, delivery: Body): Promise<Body> {
  const { id, webhook_id: webhookId, event_id, event_type, state, next_attempt_at: next } = delivery;
  const attempts = delivery['attempt_log'] as Attempt[];
  const webhook = await api
    .call('GET', 'webhooks/:id', { params: { id: String(webhookId) } })
    .catch(() => null);
  const name = webhook ? `The webhook "${String(webhook['name'])}"` : 'A webhook that was deleted';
  return {
    delivery_id: id,
    event_id,
    event_type,
    state,
    explanation: sentence(
      name,
      {
        state: String(state),
        next: next as string,
        webhookState: webhook?.['state'] as string | undefined,
      },
      attempts,
    ),
    next_attempt_at: next,
    webhook: webhook && {
      id: webhookId,
      name: webhook['name'],
      url: webhook['url'],
      state: webhook['state'],
    },
    what_to_do: advice(String(state), attempts.at(-1), webhook),
    attempts: attempts.slice(-5).map(({ at, status, failure, detail, response, duration_ms }) => ({
      at,
      status,
      failure,
      detail,
      duration_ms,
      response: response?.slice(0, 300) ?? null,
    })),
  };
}

function sentence(
  name: string,
  { state, next, webhookState }: { state: string; next: string; webhookState: string | undefined },
  attempts: readonly Attempt[],
): string {
  const last = attempts.at(-1);
  const answered =
    last && (last.status === null ? `failed with ${last.failure}` : `was answered ${last.status}`);
  const paused = webhookState !== undefined && webhookState !== 'active' ? ` It is ${webhookState}.` : '';
  switch (state) {
    case 'delivered':
      return `${name} got it at ${last?.at ?? 'an unknown time'}, with attempt ${attempts.length}.`;
    case 'pending':
      return `${name} has not got it yet: no attempt was made.${paused}`;
    case 'retrying':
      return `${name} has not got it yet: attempt ${attempts.length} ${answered}; the next is at ${next}.${paused}`;
    default:
      return `${name} did not get it: the delivery is ${state}${answered ? `, the last attempt ${answered}` : ''}.${paused}`;
  }
}

function advice(state: string, last: Attempt | undefined, webhook: Body | null): string {
  if (state === 'delivered') return 'Nothing.';
  if (!webhook) return 'Nothing: its webhook was deleted.';
  if (webhook['state'] !== 'active')
    return 'Ask a person to activate the webhook, then to resend the delivery.';
  if (!last) return 'Wait: it is sent within seconds, or after the deliveries before it.';
  if (last.status === 401 || last.status === 403)
    return 'The receiver refuses the signature or the credentials: check its secret.';
  if (last.status === 404 || last.status === 410) return 'The URL is no longer served: check it.';
  if (last.status !== null && last.status >= 500)
    return 'The receiver has a fault: see its log, then resend.';
  if (last.status !== null) return 'The receiver refuses the request: see its response, then resend.';
  return 'The receiver cannot be reached: check its address and its certificate, then resend.';
}
