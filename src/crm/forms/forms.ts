import type { FastifyInstance } from 'fastify';
import type { Sealer } from '../../base/seal.ts';
import { makePageTokens } from '../../http/public/page-session.ts';
import { makePageVisits } from '../../http/public/page-visits.ts';
import { makeProofsOfWork } from '../../http/public/proof-of-work.ts';
import { makeVisitorLimit } from '../../http/public/visitor-limit.ts';
import type { RecordChange } from '../../http/record-change.ts';
import type { Route } from '../../http/route.ts';
import { makeSubmissionHandler } from './form-submission-handler.ts';
import { makeFormSubmissions, type SubmissionParts } from './form-submission-store.ts';
import type { LogoOf } from './form-page.ts';
import { formRoutes } from './form-routes.ts';
import { mountFormSite } from './form-site.ts';
import { makeFormStore } from './form-store.ts';
import { formSubmissionRoutes } from './form-submission-routes.ts';

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
  const { clock, sealer, publicUrl, logoOf } = parts;
  const store = makeFormStore(parts);
  const submissions = makeFormSubmissions(parts);
  const visits = makePageVisits({
    // Tokens that 0.1.0 issued stay valid: the labels and the table never change.
    tokens: makePageTokens(sealer.derive('form token'), clock),
    proofs: makeProofsOfWork(sealer.derive('form proof')),
    limit: makeVisitorLimit({ table: 'form_visitor', pageColumn: 'form_id', kind: 'form' }, parts),
    clock,
  });
  const handler = makeSubmissionHandler({ submissions, visits });
  return {
    routes: [...formRoutes({ ...parts, store }), ...formSubmissionRoutes(store, submissions)],
    mountSite: (app) => mountFormSite(app, { store, visits, handler, publicUrl, logoOf }),
  };
}
