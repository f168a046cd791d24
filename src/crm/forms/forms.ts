import type { FastifyInstance } from 'fastify';
import type { Sealer } from '../../base/seal.ts';
import type { RecordChange } from '../../http/record-change.ts';
import type { Route } from '../../http/route.ts';
import { makeSubmissionHandler } from './form-submission-handler.ts';
import { makeFormSubmissions, type SubmissionParts } from './form-submission-store.ts';
import { makeFormProofs } from './form-proof.ts';
import { formRoutes } from './form-routes.ts';
import type { LogoOf } from './form-page.ts';
import { mountFormSite } from './form-site.ts';
import { makeFormStore } from './form-store.ts';
import { formSubmissionRoutes } from './form-submission-routes.ts';
import { makeFormTokens } from './form-token.ts';
import { makeFormVisitors } from './form-visitor.ts';

export interface FormParts extends SubmissionParts {
  sealer: Sealer;
  recordChange: RecordChange;
  /** The public URL of this installation. */
  baseUrl(): string;
  /** The configured public URL, or ''. */
  publicUrl: string;
  logoOf: LogoOf;
}

/** Forms: their API routes and public pages. */
export interface Forms {
  routes: Route[];
  mountSite(app: FastifyInstance): void;
}

export function makeForms(parts: FormParts): Forms {
  const { db, clock, sealer, publicUrl, logoOf } = parts;
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
    mountSite: (app) => mountFormSite(app, { store, handler, publicUrl, logoOf }),
  };
}
