import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { isLocalhost, sameAddress, type Guard } from './egress-guard.ts';
import { ConnectionError, explainConnection, explainTls } from './connection-failure.ts';
import type { Resolver } from './resolver.ts';

/** What a connection is opened to. */
export interface Target {
  /** `https://host:port` without a path; connections of one origin are shared. */
  origin: string;
  secure: boolean;
  /** A name or an address: no brackets, no final dot. */
  host: string;
  port: number;
}

/** One opening of a connection; `step` says how far it has come, for the error of a timeout. */
export interface Dialling {
  signal: AbortSignal;
  /** The rest of the attempt's time, in milliseconds. */
  budgetMs: number;
  step: string;
}

/** Opens a connection, or throws `ConnectionError` or `DnsError`. */
export type Dial = (target: Target, dialling: Dialling) => Promise<Socket>;

/** Connections to addresses that customers choose. */
export interface OutgoingDials {
  /** For protocols that start TLS themselves, such as SMTP: it opens plain connections to public addresses too. */
  dial: Dial;
  /** Plain connections only where FAIRLEAD_EGRESS_ALLOW opens an address. */
  plainDial: Dial;
}

/**
 * The only place that opens connections. `egress-guard.ts` has the guards: one for addresses that customers choose, one
 * for those of the operator's settings. The name is resolved here, the guard checks every address, and the socket
 * gets the checked address, never the name. Nothing is looked up again between check and connection, so a name that
 * resolves differently the next time gains nothing.
 */
export function makeDial(options: {
  guard: Guard;
  resolver: Resolver;
  clock: Clock;
  /** PEM certificates to trust instead of the usual ones. */
  ca?: string | undefined;
}): Dial {
  const { guard, resolver, clock } = options;
  // Shared, since reading the root certificates for each connection takes longer than everything else.
  const secureContext = createSecureContext(options.ca === undefined ? {} : { ca: options.ca });

  return async function dial(target, dialling) {
    dialling.step = 'looking up the name';
    const addresses = allowed(target, await resolver.resolve(target.host, dialling.signal), guard);
    dialling.step = 'connecting';
    const socket = await reachAny(addresses, target.port, dialling, clock);
    if (!target.secure) return socket;
    dialling.step = 'in the TLS handshake';
    return secure(socket, target, secureContext, dialling.signal);
  };
}

/**
 * The addresses that may be dialled. One bad address refuses the whole name: a name for a public server and an
 * internal address at once is an attack or a mistake. `localhost` is neither. It means 127.0.0.1 and ::1, and an
 * operator who opened one of them means that one.
 */
function allowed(target: Target, addresses: readonly string[], guard: Guard): string[] {
  const good: string[] = [];
  let refusal = 'nothing';
  for (const address of addresses) {
    const kind = guard.refuses(address, target.port);
    const why = kind ? `points to ${kind}` : target.secure || guard.allowsPrivate(address) ? null : PLAIN;
    if (why === null) good.push(address);
    else if (isLocalhost(target.host)) refusal = why;
    // The message leaves out the address: a customer could map the operator's network by names.
    else throw new ConnectionError('blocked_address', `the host ${why}`);
  }
  if (good.length === 0) throw new ConnectionError('blocked_address', `the host ${refusal}`);
  return good;
}

const PLAIN = 'may only be called over https';

/** Tries one address after the other; each gets an equal share of the remaining time. */
async function reachAny(
  addresses: readonly string[],
  port: number,
  dialling: Dialling,
  clock: Clock,
): Promise<Socket> {
  const ends = clock.monotonic() + dialling.budgetMs;
  let failure: unknown;
  for (const [at, address] of addresses.entries()) {
    const shareMs = (ends - clock.monotonic()) / (addresses.length - at);
    try {
      return await reach(address, port, shareMs, dialling.signal);
    } catch (error) {
      failure = error;
      if (dialling.signal.aborted) break;
    }
  }
  const { failure: name, detail } = explainConnection(failure);
  throw new ConnectionError(name, detail, (failure as { code?: string }).code);
}

function reach(address: string, port: number, limitMs: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host: address, port, noDelay: true, keepAlive: true });
  const timer = setTimeout(
    () => socket.destroy(new ConnectionError('timeout', 'no connection in time')),
    Math.max(1, limitMs),
  );
  return settled(socket, 'connect', signal, () => clearTimeout(timer)).then(() => {
    if (sameAddress(socket.remoteAddress ?? '', address)) return socket;
    socket.destroy();
    throw new ConnectionError('blocked_address', 'the connection went to another address');
  });
}

/** Adds TLS to a connection. An error during the handshake counts as a TLS failure. */
async function secure(
  socket: Socket,
  target: Target,
  secureContext: ReturnType<typeof createSecureContext>,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secured = connectTls({
    socket,
    host: target.host,
    // An address cannot be a server name (RFC 6066, 3); the certificate is then checked against `host`.
    ...(isIP(target.host) ? {} : { servername: target.host }),
    secureContext,
    ALPNProtocols: ['http/1.1'],
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
    rejectUnauthorized: true,
  });
  try {
    await settled(secured, 'secureConnect', signal, () => {});
    return secured;
  } catch (error) {
    throw new ConnectionError('tls_failed', explainTls(error as Error));
  }
}

/** Waits for a socket to be ready; destroys it if it fails or is no longer wanted. */
function settled(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  done: () => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const stop = () => socket.destroy(new ConnectionError('cancelled', 'stopped while connecting'));
    const leave = () => {
      signal.removeEventListener('abort', stop);
      done();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    socket.once(event, () => {
      leave();
      resolve();
    });
    // Stays on the socket: an error before the connection adds its own listener must not end the process.
    socket.on('error', (error) => {
      leave();
      reject(error);
    });
    socket.once('close', () => {
      leave();
      reject(new ConnectionError('reset', 'the connection closed at once'));
    });
  });
}
