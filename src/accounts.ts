import { makeAgentBudgets } from './account/agent-budget.ts';
import { makeApiKeys } from './account/api-key.ts';
import { makeAudit } from './account/audit.ts';
import { makeAuthorities } from './account/authority.ts';
import { makeAuthorizedApps } from './account/authorized-app.ts';
import { makeHashingQueue } from './account/hashing-queue.ts';
import { makeIdempotency } from './account/idempotency.ts';
import { makeInboundSecrets } from './account/inbound-secret.ts';
import { makeLinks } from './account/link.ts';
import { makeMembers } from './account/member.ts';
import { makeSessions } from './account/session.ts';
import { makeSignIn, type SignIn, type SignInParts } from './account/sign-in.ts';
import { makeSignInThrottle } from './account/sign-in-throttle.ts';
import { makeUsageMeter } from './account/usage.ts';
import { makeUsers } from './account/user.ts';
import { makeWorkspaceSettings } from './account/workspace-settings.ts';
import { makeWorkspaces } from './account/workspace.ts';
import type { Clock } from './base/clock.ts';
import type { Uuid } from './base/id.ts';
import type { Logger } from './base/log.ts';
import type { Sealer } from './base/seal.ts';
import { KEY_STYLES, SCOPES } from './catalogue.ts';
import { firstEventTypes } from './crm/leads/options/default-lead-event-types.ts';
import type { Database } from './db/pool.ts';
import type { MailQueue } from './mail/mail-queue.ts';

export interface AccountParts {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  newId: () => Uuid;
  log: Logger;
  /** Null if the installation sends no mail. */
  mail: MailQueue | null;
  /** The public URL of this installation. */
  baseUrl(): string;
  /** The default workspace's inbound secret from the environment, or ''. */
  crmWebhookSecret: string;
}

/** Workspaces, their members and their credentials. */
export function makeAccounts({
  db,
  sealer,
  clock,
  newId,
  log,
  mail,
  baseUrl,
  crmWebhookSecret,
}: AccountParts) {
  const authorities = makeAuthorities(clock, SCOPES);
  const people = {
    db,
    users: makeUsers(db, clock, newId),
    members: makeMembers(db, clock, authorities),
    sessions: makeSessions(db, clock, newId, SCOPES),
    links: makeLinks(db, clock, newId, authorities),
    throttle: makeSignInThrottle(db, clock),
    hashing: makeHashingQueue(),
    audit: makeAudit(db, clock, newId),
    mail,
    log,
    baseUrl,
  } satisfies SignInParts;
  const signIn: SignIn = makeSignIn(people);
  return {
    ...people,
    authorities,
    signIn,
    workspaces: makeWorkspaces(db, clock, newId, firstEventTypes({ clock, newId })),
    workspaceSettings: makeWorkspaceSettings({ db, clock }),
    keys: makeApiKeys(db, clock, newId, KEY_STYLES),
    secrets: makeInboundSecrets({ db, clock, newId, sealer }, crmWebhookSecret),
    usage: makeUsageMeter(db, clock, log),
    idempotency: makeIdempotency(db, sealer),
    agentBudgets: makeAgentBudgets(db),
    authorizedApps: makeAuthorizedApps(db, clock),
  };
}

export type Accounts = ReturnType<typeof makeAccounts>;
