import { X509Certificate, type KeyObject } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { HttpClient } from '../../net/http-client.ts';

/** The key that a certificate holds, or why the certificate cannot be used. */
export type CertificateKey = { key: KeyObject } | CertificateProblem;

interface CertificateProblem {
  problem: string;
  /** Whether PayPal's own verification may replace the certificate: never for a URL of a stranger. */
  isUnavailable: boolean;
}

export interface PaypalCertificates {
  /** The key of the certificate at `PAYPAL-CERT-URL`. Its chain, its dates and its subject have been checked. */
  find(url: string, http: HttpClient): Promise<CertificateKey>;
}

/** The hosts of PayPal's certificates. With another host, a sender could verify with a certificate of its own. */
export const CERTIFICATE_HOSTS = { live: 'api.paypal.com', sandbox: 'api.sandbox.paypal.com' } as const;
const PATH = /^\/v1\/notifications\/certs\/[\w-]{1,100}$/;

const MAX_PEM_BYTES = 65_536;
const MAX_CHAIN = 8;
const MAX_CACHED = 20;
/**
 * Anyone can send requests that name a certificate: failures are remembered apart from certificates, and few are fetched
 * at once.
 */
const FAILURE_TTL_MS = 60_000;
const MAX_FAILURES = 100;
const MAX_FETCHES = 4;
const MIN_KEY_BITS = 2_048;

const FOREIGN_URL =
  'PAYPAL-CERT-URL is not a certificate of PayPal: it must be at api.paypal.com or api.sandbox.paypal.com.';
const NOT_FETCHED = "PayPal's certificate could not be fetched.";
const REDIRECTED = "PayPal's certificate could not be fetched: the URL redirects.";
const BUSY = "PayPal's certificate could not be fetched: too many are being fetched.";
const NOT_PEM = "PayPal's certificate is not in PEM format.";
const NOT_VALID = "PayPal's certificate has expired, or is not valid yet.";
const NOT_PAYPAL = 'The certificate is not issued to a host of paypal.com.';
const WEAK_KEY = 'The certificate has no RSA key of at least 2048 bits.';
const NO_CHAIN = "PayPal's certificate is not issued by a certificate authority that this server trusts.";

interface CertificateOptions {
  /** PEM; default: those of Node. */
  roots?: readonly string[];
  now: () => number;
}

/** Fetches certificates through the egress guard and caches them until they expire. */
export function makePaypalCertificates({
  roots = rootCertificates,
  now,
}: CertificateOptions): PaypalCertificates {
  let parsedRoots: X509Certificate[] | undefined;
  const certificates = makeCache<{ key: KeyObject }>(MAX_CACHED, now);
  const failures = makeCache<CertificateProblem>(MAX_FAILURES, now);
  const fetching = new Map<string, Promise<CertificateKey>>();

  async function load(url: string, http: HttpClient): Promise<CertificateKey> {
    const fetched = await fetchPem(url, http);
    if ('problem' in fetched) return failures.set(url, fetched, now() + FAILURE_TTL_MS);
    // Parsed with the first certificate: it takes some 15 ms.
    parsedRoots ??= roots.map((pem) => new X509Certificate(pem));
    const chain = readPem(fetched.pem);
    const problem = leafProblem(chain[0], now()) ?? chainProblem(chain, parsedRoots, now());
    if (problem !== null) {
      // The chain may lack a link that PayPal has stopped sending; everything else is final.
      const result = { problem, isUnavailable: problem === NO_CHAIN };
      return failures.set(url, result, now() + FAILURE_TTL_MS);
    }
    return certificates.set(url, { key: chain[0]!.publicKey }, Date.parse(chain[0]!.validTo));
  }

  return {
    async find(sent, http) {
      const url = certificateUrl(sent);
      if (url === null) return { problem: FOREIGN_URL, isUnavailable: false };
      const known = certificates.get(url) ?? failures.get(url);
      if (known) return known;
      let loading = fetching.get(url);
      if (!loading) {
        if (fetching.size >= MAX_FETCHES) return { problem: BUSY, isUnavailable: true };
        loading = load(url, http).finally(() => fetching.delete(url));
        fetching.set(url, loading);
      }
      return loading;
    },
  };
}

/** The oldest entry makes room: a Map keeps its insertion order. */
function makeCache<T>(max: number, now: () => number) {
  const entries = new Map<string, { value: T; until: number }>();
  return {
    get(name: string): T | undefined {
      const entry = entries.get(name);
      return entry && now() < entry.until ? entry.value : undefined;
    },
    /** @param until in Unix milliseconds */
    set(name: string, value: T, until: number): T {
      entries.delete(name);
      if (entries.size >= max) entries.delete(entries.keys().next().value!);
      entries.set(name, { value, until });
      return value;
    },
  };
}

/** The key of a certificate that a person pasted: trusted without a chain. */
export function pastedKey(pem: string, now: number): CertificateKey {
  const [leaf] = readPem(pem);
  const problem = leafProblem(leaf, now);
  return problem === null ? { key: leaf!.publicKey } : { problem, isUnavailable: false };
}

/** Whether the text holds a certificate. */
export function isPem(text: string): boolean {
  return readPem(text).length > 0;
}

/** The URL as it is fetched; null unless it is one of PayPal's certificates. */
function certificateUrl(sent: string): string | null {
  if (!URL.canParse(sent)) return null;
  const { protocol, hostname, port, username, password, pathname, search, hash, href } = new URL(sent);
  const isPlain = port === '' && username === '' && password === '' && search === '' && hash === '';
  const isPaypal = (Object.values(CERTIFICATE_HOSTS) as string[]).includes(hostname);
  return protocol === 'https:' && isPlain && isPaypal && PATH.test(pathname) ? href : null;
}

type FetchedPem = { pem: string } | CertificateProblem;

async function fetchPem(url: string, http: HttpClient): Promise<FetchedPem> {
  try {
    const { status, body } = await http(url, { maxBytes: MAX_PEM_BYTES });
    if (status === 200) return { pem: body.toString('latin1') };
    return { problem: status >= 300 && status < 400 ? REDIRECTED : NOT_FETCHED, isUnavailable: true };
  } catch {
    return { problem: NOT_FETCHED, isUnavailable: true };
  }
}

/** The certificates of a PEM text, in its order; a form with one line may have removed the line breaks. */
function readPem(text: string): X509Certificate[] {
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g);
  try {
    return [...blocks]
      .slice(0, MAX_CHAIN)
      .map(([, base64]) => new X509Certificate(Buffer.from(base64!, 'base64')));
  } catch {
    return [];
  }
}

function leafProblem(leaf: X509Certificate | undefined, now: number): string | null {
  if (!leaf) return NOT_PEM;
  if (!isValid(leaf, now)) return NOT_VALID;
  if (!namesOf(leaf).some((name) => name.toLowerCase().endsWith('.paypal.com'))) return NOT_PAYPAL;
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey;
  const isStrong = asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_KEY_BITS;
  return isStrong ? null : WEAK_KEY;
}

/** Follows the issuers among the certificates of the PEM text up to a root. */
function chainProblem(
  [leaf, ...others]: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number,
): string | null {
  let current = leaf!;
  for (let links = 0; links <= MAX_CHAIN; links++) {
    const isSigner = (issuer: X509Certificate) =>
      issuer.ca && isValid(issuer, now) && current.checkIssued(issuer) && current.verify(issuer.publicKey);
    if (roots.some(isSigner)) return null;
    const next = others.find((issuer) => issuer !== current && isSigner(issuer));
    if (!next) return NO_CHAIN;
    current = next;
  }
  return NO_CHAIN;
}

function isValid({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now < Date.parse(validTo);
}

/** The common names and the DNS names. */
function namesOf(certificate: X509Certificate): string[] {
  const { subject } = certificate.toLegacyObject();
  const common = [subject?.CN ?? []].flat();
  const alternatives = certificate.subjectAltName?.split(', ') ?? [];
  return [...common, ...alternatives.flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []))];
}
