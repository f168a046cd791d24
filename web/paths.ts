import { PAGES, type PageName } from './pages.ts';

/** The names of the parameters in a path: `/$plural/$id` has `['plural', 'id']`. */
type ParamsIn<Path> = Path extends `${string}$${infer Name}/${infer Rest}`
  ? [Name, ...ParamsIn<Rest>]
  : Path extends `${string}$${infer Name}`
    ? [Name]
    : [];

interface Plain<Path> {
  to: Path;
}
interface WithParams<Path, Names extends string[]> extends Plain<Path> {
  params: Record<Names[number], string>;
}

type LinkTo<Path, Names extends string[] = ParamsIn<Path>> = (
  ...values: { [At in keyof Names]: string }
) => Names extends [] ? Plain<Path> : WithParams<Path, Names>;

type PathOf<Name extends PageName> = (typeof PAGES)[Name]['path'];

/** A link to each page by its name, with the parameters of its path in their order: `paths.record('contacts', id)`. */
const pageLinks = Object.fromEntries(
  Object.entries(PAGES).map(([name, { path }]) => [name, linkTo(path)]),
) as { [Name in PageName]: LinkTo<PathOf<Name>> };

function linkTo(path: string) {
  const names = [...path.matchAll(/\$(\w+)/g)].map((match) => match[1]);
  if (names.length === 0) return () => ({ to: path });
  return (...values: string[]) => ({
    to: path,
    params: Object.fromEntries(names.map((name, at) => [name, values[at]])),
  });
}

/** All links to pages of the dashboard. The router checks their types where they are used. */
export const paths = {
  ...pageLinks,
  signIn: (next?: string) => ({ ...pageLinks.signIn(), search: { next } }),
  newRecord: (plural: string) => ({ ...pageLinks.records(plural), search: { create: true } as const }),
  mergeOf: (plural: string, id: string, other?: string) => ({
    ...pageLinks.mergeRecords(plural, id),
    search: { with: other },
  }),
  deliveriesOf: (eventId: string) => ({ ...pageLinks.deliveries(), search: { event_id: eventId } }),
  ipAddresses: () => ({ ...pageLinks.webhooks(), hash: 'ip-addresses' }),
};

/** Served outside the dashboard. */
export const API_REFERENCE = '/docs';
