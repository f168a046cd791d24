import { z } from 'zod';
import type { ApiKeys } from '../../account/api-key.ts';
import type { AuthorizedApp, AuthorizedApps } from '../../account/authorized-app.ts';
import { ApiError } from '../../base/errors.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import { SESSION_ONLY, signedIn, SIGNED_OUT } from './session-answer.ts';

export interface AuthorizedAppParts {
  authorizedApps: AuthorizedApps;
  keys: ApiKeys;
  recordChange: RecordChange;
}

const PATH = '/api/v1/authorized-apps';
const common = { scope: null, tag: 'session' } as const;

const appShape = z
  .object({
    id: z.uuid(),
    name: z.string().meta({ description: 'As the app names itself.' }),
    host: z.string().meta({ description: 'Where you were sent back to.' }),
    scope: z.string().meta({ description: 'What you allowed, as in `read write`.' }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
    expires_at: z.iso.datetime().meta({ description: 'When its access ends, unless it is used until then.' }),
  })
  .meta({ id: 'AuthorizedApp' });

/** Routes for the apps that the signed-in user authorised; who manages keys sees those of all members among the keys. */
export function authorizedAppRoutes({ authorizedApps, keys, recordChange }: AuthorizedAppParts): Route[] {
  return [
    route({
      ...common,
      method: 'GET',
      path: PATH,
      summary: 'List your authorised apps',
      description:
        'Apps that you gave access to this workspace by OAuth, such as AI assistants; newest first.',
      answers: { 200: z.object({ data: z.array(appShape) }), 401: SIGNED_OUT, 403: SESSION_ONLY },
      async handle({ caller }) {
        const apps = await authorizedApps.list(caller.workspaceId, signedIn(caller).user.id);
        return { status: 200, body: { data: apps.map(showApp) } };
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      path: `${PATH}/:id`,
      summary: 'End the access of an app',
      description: 'Its next request is refused.',
      answers: { 204: 'Ended.', 401: SIGNED_OUT, 403: SESSION_ONLY },
      async handle(ctx) {
        const { caller, params } = ctx;
        const { user } = signedIn(caller);
        const key = await keys.get(caller.workspaceId, params['id']!);
        if (!key?.app || key.maker_id !== user.id)
          throw new ApiError('not_found', 'No authorised app with this id.');
        await keys.revoke(caller.workspaceId, key.id, (trx, { id, name, prefix, scopes, app }) =>
          recordChange(
            trx,
            ctx,
            {
              action: 'api_key.revoked',
              objectType: 'api_key',
              objectId: id,
              details: { name, prefix, scopes, app },
            },
            { status: 204, body: '' },
          ),
        );
        return { status: 204, body: null };
      },
    }),
  ];
}

function showApp({ id, app, created_at, last_used_at, expires_at }: AuthorizedApp) {
  const { name, host, scope } = app;
  return { id, name, host, scope, created_at, last_used_at, expires_at };
}
