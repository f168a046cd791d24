import type { FastifyInstance } from 'fastify';
import type { Sealer } from '../../base/seal.ts';
import type { RecordChange } from '../../http/record-change.ts';
import type { Route } from '../../http/route.ts';
import { makeSubmissionHandler } from './form-submission-handler.ts';
import { makeFormSubmissions, type SubmissionParts } from './form-submission-store.ts';
import { makeFormProofs } from './form-proof.ts';
import { formRoutes } from './form-routes.ts';
import { mountFormSite } from './form-site.ts';
import { makeFormStore } from './form-store.ts';
import { formSubmissionRoutes } from './form-submission-routes.ts';
import { makeFormTokens } from './form-token.ts';
import { makeFormVisitors } from './form-visitor.ts';

export interface FormParts extends SubmissionParts {
  sealer: Sealer;
  recordChange: RecordChange;
  /** Where people reach this installation. */
  baseUrl(): string;
  /** The same as configured, or ''. */
  publicUrl: string;
}

/** Public forms: their routes in the API, and what visitors see of them. */
export interface Forms {
  routes: Route[];
  mountSite(app: FastifyInstance): void;
}

export function makeForms(parts: FormParts): Forms {
  const { db, clock, sealer, publicUrl } = parts;
  const store = makeFormStore(parts);
  const submissions = makeFormSubmissions(parts);
  const handler = makeSubmissionHandler({
    submissions,
    tokens: makeFormTokens(sealer.derive('form token'), clock),
    proofs: makeFormProofs(sealer.derive('form proof')),
    visitors: makeFormVisitors(db, clock),
    clock,
  });
  return {
    routes: [...formRoutes({ ...parts, store }), ...formSubmissionRoutes(store, submissions)],
    mountSite: (app) => mountFormSite(app, { store, handler, publicUrl }),
  };
}
