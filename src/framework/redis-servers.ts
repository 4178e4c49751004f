import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { SingleRedis } from '../contracts/redis-address.js';
import type { OpenSharedState, RedisServerOptions, SharedStates } from '../contracts/redis-server.js';
import type { SecretText } from '../contracts/secret-text.js';
import { describeCause } from '../observability/describe-cause.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import { RedisConnection } from '../redis/redis.connection.js';
import { RedisSharedState } from '../redis/redis.shared-state.js';

/** Requests that entered by the configuration that named a server may still be on their way to it. */
const LINGER_MS = 10_000;
const REDIS_PORT = 6379;

interface OpenServer {
  readonly state: RedisSharedState;
  readonly connection: RedisConnection;
  /** Settles after the first try. */
  readonly tried: Promise<void>;
  users: number;
  goodbye: NodeJS.Timeout | undefined;
}

/**
 * The Redis servers that limits name for themselves: one connection for all who name the same, kept until the last of them
 * is gone for a while. A configuration that is read anew takes the connections of the one before.
 */
export class RedisServers implements SharedStates, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #open = new Map<string, OpenServer>();

  constructor(
    private readonly events: EventLog,
    private readonly lingerMs = LINGER_MS,
  ) {}

  /** Servers that are connected to, or tried. */
  get size(): number {
    return this.#open.size;
  }

  open(options: RedisServerOptions): OpenSharedState {
    const id = idOf(options);
    let server = this.#open.get(id);
    if (server === undefined) {
      server = this.#connect(options);
      this.#open.set(id, server);
    }
    const opened = server;
    opened.users++;
    clearTimeout(opened.goodbye);
    let closed = false;
    return {
      state: opened.state,
      close: () => {
        if (closed) return;
        closed = true;
        opened.users--;
        if (opened.users === 0) this.#leaveLater(id, opened);
      },
    };
  }

  /** Resolves when every server was tried once, so that the first requests find those that are there. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ tried }) => tried));
  }

  async onApplicationBootstrap(): Promise<void> {
    // The plan, whose limits name them, is built by another hook of this turn.
    await Promise.resolve();
    await this.settled();
  }

  onApplicationShutdown(): void {
    for (const { connection, goodbye } of this.#open.values()) {
      clearTimeout(goodbye);
      connection.close();
    }
    this.#open.clear();
  }

  #connect(options: RedisServerOptions): OpenServer {
    const at = addressOf(options);
    const redis = `${at.at.host}:${at.at.port}`;
    const connection = new RedisConnection({
      url: at,
      connected: () => this.events.info(EVENTS.redisConnected, { redis }),
      lost: (cause) => this.events.error(EVENTS.redisLost, { redis, cause: describeCause(cause, false) }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    });
    const state = new RedisSharedState(connection);
    return { state, connection, tried: connection.connect(), users: 0, goodbye: undefined };
  }

  #leaveLater(id: string, server: OpenServer): void {
    server.goodbye = setTimeout(() => {
      this.#open.delete(id);
      server.connection.close();
    }, this.lingerMs).unref();
  }
}

function addressOf({ host, port, username, password, database, tls }: RedisServerOptions): SingleRedis {
  const judged = typeof tls === 'object' ? tls : undefined;
  return {
    kind: 'single',
    at: { host, port: port ?? REDIS_PORT },
    tls: tls !== undefined && tls !== false,
    certificate: judged && { verify: judged.verify ?? true, serverName: judged.serverName },
    login: password === undefined ? undefined : { user: username, password: textOf(password) },
    database: database ?? 0,
  };
}

const textOf = (password: string | SecretText): string =>
  typeof password === 'string' ? password : password.reveal();

/** Equal for equal settings. It holds a password, so it goes nowhere. */
function idOf(options: RedisServerOptions): string {
  return JSON.stringify([addressOf(options), options.timeoutMs]);
}
