import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { FormFields } from '../../http/form-body.ts';
import { sendPage } from '../../http/public/public-routes.ts';
import type { TrackingTokens } from '../tracking/tracking-token.ts';
import type { EmailTopics } from './email-topic-store.ts';
import { findMailRecipient, type MailRecipient } from './mail-recipient.ts';
import { unsubscribe, type UnsubscribeParts } from './unsubscribe.ts';
import { maskedAddress, preferencePage } from './unsubscribe-view.ts';

export interface UnsubscribeSiteParts extends UnsubscribeParts {
  db: Database;
  tokens: TrackingTokens;
  topics: Pick<EmailTopics, 'list'>;
  workspaceSettings: Pick<WorkspaceSettingsStore, 'recent'>;
  notify(lanes: LaneKey[]): void;
}

const NO_LINK = 'This link is not valid, or the email was deleted.';

/** The pages of recipients (EM4). Only a POST changes anything. */
export class UnsubscribeSite {
  readonly #parts: UnsubscribeSiteParts;

  constructor(parts: UnsubscribeSiteParts) {
    this.#parts = parts;
  }

  async open(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    return this.#send(request, reply, await this.#find(request), null);
  }

  async submit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const recipient = await this.#find(request);
    const fields = request.form ?? {};
    // The button of a mail program (RFC 8058): it wants no page, no cookie and no redirect.
    if (fields['List-Unsubscribe'] === 'One-Click') {
      await this.#suppress(recipient, recipient.topicId);
      return reply.code(200).type('text/plain; charset=utf-8').send('You are unsubscribed.\n');
    }
    switch (fields['action']) {
      case 'unsubscribe':
        await this.#suppress(recipient, null);
        return this.#send(request, reply, recipient, 'You get no more emails.');
      case 'resubscribe':
        await this.#allow(recipient, null);
        return this.#send(request, reply, recipient, 'You are subscribed again.');
      case 'topics':
        await this.#choose(recipient, fields);
        return this.#send(request, reply, recipient, 'Your choice is saved.');
      default:
        throw new ApiError('validation_error', 'The form has no known action.');
    }
  }

  /** Throws `not_found`. */
  async #find(request: FastifyRequest): Promise<MailRecipient> {
    const { token } = request.params as { token: string };
    const item = this.#parts.tokens.read('u', token);
    const recipient = item && (await findMailRecipient(this.#parts.db, item.emailId));
    if (!recipient) throw new ApiError('not_found', NO_LINK);
    return recipient;
  }

  async #suppress({ workspaceId, address, emailId }: MailRecipient, topicId: Uuid | null): Promise<void> {
    const request = { workspaceId, address, emailId, topicId, reason: 'unsubscribe' as const };
    const lanes = await this.#parts.db.transaction((trx) => unsubscribe(trx, this.#parts, request));
    this.#parts.notify(lanes);
  }

  async #allow({ workspaceId, address }: MailRecipient, topicId: Uuid | null): Promise<void> {
    await this.#parts.db.transaction((trx) =>
      this.#parts.suppressions.resubscribe(trx, workspaceId, address, topicId),
    );
  }

  /** The checked topics are wanted, the others are not. */
  async #choose(recipient: MailRecipient, { topic = [] }: FormFields): Promise<void> {
    const wanted = new Set(typeof topic === 'string' ? [topic] : topic);
    for (const { id } of await this.#parts.topics.list(recipient.workspaceId))
      await (wanted.has(id) ? this.#allow(recipient, id) : this.#suppress(recipient, id));
  }

  async #send(
    request: FastifyRequest,
    reply: FastifyReply,
    { workspaceId, address, topicId }: MailRecipient,
    notice: string | null,
  ): Promise<FastifyReply> {
    const { suppressions, topics, workspaceSettings } = this.#parts;
    const [rows, allTopics, { name }] = await Promise.all([
      suppressions.listFor(workspaceId, address),
      topics.list(workspaceId),
      workspaceSettings.recent(workspaceId),
    ]);
    const view = {
      workspaceName: name,
      address: maskedAddress(address),
      path: request.url.split('?', 1)[0]!,
      topics: allTopics,
      topicId,
      unsubscribedTopics: new Set(rows.flatMap((row) => row.topic_id ?? [])),
      isUnsubscribed: rows.some(
        (row) => row.topic_id === null && (row.reason === 'unsubscribe' || row.reason === 'complaint'),
      ),
      notice,
    };
    void reply.header('x-robots-tag', 'noindex, nofollow');
    return sendPage(reply, null, 200, preferencePage(view));
  }
}
