import type { Socket } from 'node:net';
import type { Dial, Dialling, Target } from './dial.ts';
import { SendError } from './outcome.ts';

/** A request and its answer, as a connection sees them. */
export interface Exchange {
  /** Called once there is a connection, perhaps at once. */
  connected(connection: Connection): void;
  /** Bytes of the answer. */
  received(chunk: Buffer): void;
  /** The connection did not come about, or it came to its end; or it was too late to send. */
  failed(error: unknown): void;
  /** True where it no longer wants a connection. */
  readonly done: boolean;
  /** True where one that was used before will not do. */
  readonly wantsFresh: boolean;
  /** Whether its request may still go out. */
  readonly mayGo: boolean;
  /** What is left of its time, in milliseconds. */
  remainingMs(): number;
}

/**
 * One connection to an origin, opened for the first request on it. It carries one exchange at a time and knows nothing
 * of HTTP: whoever reads the answer says whether it may be used again.
 */
export class Connection {
  readonly target: Target;
  /** True where it was opened for the present exchange. */
  fresh = true;
  closed = false;

  readonly #dial: Dial;
  /** Called where it ends without an exchange. */
  readonly #onIdleEnd: () => void;
  #exchange: Exchange | null = null;
  #socket: Socket | null = null;
  #dialling: (Dialling & { stop(): void }) | null = null;
  /** The exchange's request was written: what comes in is the answer to it. */
  #written = false;
  #error: Error | null = null;
  #restMs = 0;

  constructor(target: Target, dial: Dial, onIdleEnd: () => void) {
    this.target = target;
    this.#dial = dial;
    this.#onIdleEnd = onIdleEnd;
  }

  /** How far the opening has come; null where it is open. */
  get step(): string | null {
    return this.#dialling && this.#dialling.step;
  }

  /** Whether all that was written has been taken by the network. */
  get flushed(): boolean {
    return this.#socket?.writableLength === 0;
  }

  assign(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#written = false;
  }

  /** It is without an exchange from now on, and ends after so long. */
  rest(forMs: number): void {
    this.#exchange = null;
    this.#written = false;
    // The socket counts from when something last came or went, so this is set once.
    if (forMs !== this.#restMs) this.#socket!.setTimeout((this.#restMs = forMs));
  }

  /** Sends the request of the present exchange, once the connection is open. */
  send(request: Buffer): void {
    const exchange = this.#exchange!;
    if (this.#socket === null) return this.#open(exchange, request);
    // First what the receiver did to it while it was idle is read: bytes that no one asked for, or its end.
    setImmediate(() => this.#write(exchange, request));
  }

  destroy(): void {
    this.closed = true;
    this.#dialling?.stop();
    this.#socket?.destroy();
  }

  #open(exchange: Exchange, request: Buffer): void {
    const stopper = new AbortController();
    this.#dialling = {
      signal: stopper.signal,
      stop: () => stopper.abort(),
      budgetMs: exchange.remainingMs(),
      step: '',
    };
    this.#dial(this.target, this.#dialling).then(
      (socket) => {
        this.#dialling = null;
        if (this.closed) {
          socket.destroy();
          return;
        }
        this.#attach(socket);
        this.#write(exchange, request);
      },
      (error: unknown) => {
        this.#dialling = null;
        if (!this.closed) exchange.failed(error);
      },
    );
  }

  #write(exchange: Exchange, request: Buffer): void {
    if (this.closed || this.#exchange !== exchange || this.#socket!.destroyed) return;
    if (!exchange.mayGo) return exchange.failed(new SendError('cancelled', 'it was too late to send it'));
    this.#written = true;
    this.#socket!.write(request);
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    // What keeps a process alive is the exchange's deadline, never a connection.
    socket.unref();
    socket.on('data', (chunk) => {
      if (this.#written) this.#exchange!.received(chunk);
      else socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    socket.on('timeout', () => {
      if (!this.#exchange) socket.destroy();
    });
    socket.on('error', (error) => (this.#error = error));
    socket.on('close', () => this.#ended());
  }

  #ended(): void {
    if (this.closed) return;
    if (!this.#exchange) return this.#onIdleEnd();
    this.#exchange.failed(
      this.#error ?? new SendError('reset', 'the receiver closed the connection before it had answered'),
    );
  }
}
