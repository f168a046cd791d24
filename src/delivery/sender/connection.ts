import type { Socket } from 'node:net';
import type { Dial, Dialling, Target } from '../../net/dial.ts';
import { ConnectionError } from '../../net/connection-failure.ts';

/** A request and its answer, as a connection sees them. */
export interface Exchange {
  /** Called once there is a connection, perhaps immediately. */
  connected(connection: Connection): void;
  /** Bytes of the answer. */
  received(chunk: Buffer): void;
  /** The connection could not be opened, or it ended; or it was too late to send. */
  failed(error: unknown): void;
  /** True if it no longer wants a connection. */
  readonly done: boolean;
  /** True if only a new connection will do. */
  readonly wantsFresh: boolean;
  /** Whether its request may still be sent. */
  readonly mayGo: boolean;
  /** The rest of its time, in milliseconds. */
  remainingMs(): number;
}

/**
 * One connection to an origin, opened for the first request on it. It carries one exchange at a time and knows
 * nothing of HTTP: the reader of the answer decides whether it may be reused.
 */
export class Connection {
  readonly target: Target;
  /** True if it was opened for the present exchange. */
  fresh = true;
  closed = false;

  readonly #dial: Dial;
  /** Called if it ends while it is idle. */
  readonly #onIdleEnd: () => void;
  #exchange: Exchange | null = null;
  #socket: Socket | null = null;
  #dialling: (Dialling & { stop(): void }) | null = null;
  /** The exchange's request was written: incoming bytes are its answer. */
  #written = false;
  #error: Error | null = null;
  #restMs = 0;

  constructor(target: Target, dial: Dial, onIdleEnd: () => void) {
    this.target = target;
    this.#dial = dial;
    this.#onIdleEnd = onIdleEnd;
  }

  /** How far the opening has come; null if it is open. */
  get step(): string | null {
    return this.#dialling && this.#dialling.step;
  }

  /** Whether the network has taken everything that was written. */
  get flushed(): boolean {
    return this.#socket?.writableLength === 0;
  }

  assign(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#written = false;
  }

  /** Makes it idle; it closes after `forMs`. */
  rest(forMs: number): void {
    this.#exchange = null;
    this.#written = false;
    // The socket measures from the last activity, so this is set once.
    if (forMs !== this.#restMs) this.#socket!.setTimeout((this.#restMs = forMs));
  }

  /** Sends the request of the present exchange once the connection is open. */
  send(request: Buffer): void {
    const exchange = this.#exchange!;
    if (this.#socket === null) return this.#open(exchange, request);
    // First reads what the receiver did while the connection was idle: unrequested bytes, or its end.
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
    if (!exchange.mayGo)
      return exchange.failed(new ConnectionError('cancelled', 'it was too late to send it'));
    this.#written = true;
    this.#socket!.write(request);
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    // The exchange's timeout keeps the process alive, never a connection.
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
      this.#error ??
        new ConnectionError('reset', 'the receiver closed the connection before it had answered'),
    );
  }
}
