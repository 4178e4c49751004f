import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, RedisServer, until } from './redis.server.js';

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 500;

/** A real cluster of three primaries with a third of the slots each; `nodes` are they, then the replicas. */
export class RedisCluster {
  readonly nodes: RedisServer[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-cluster-'));
  readonly #ids = new Map<RedisServer, string>();
  /** What the nodes name each other by: behind TLS it is not the port of the test's own clients. */
  readonly #ports = new Map<RedisServer, number>();

  private constructor(private readonly password: string) {}

  /** Settles when all nodes call the cluster well. */
  static async start(
    program: string,
    password: string,
    { replicaOfFirst = false, tls }: RedisClusterOptions = {},
  ): Promise<RedisCluster> {
    const cluster = new RedisCluster(password);
    for (let i = 0; i < (replicaOfFirst ? 4 : 3); i++) await cluster.#addNode(program, tls);
    await cluster.#meet();
    await Promise.all(cluster.primaries.map((node, i) => node.client.cluster('ADDSLOTSRANGE', ...range(i))));
    const [first, , , replica] = cluster.nodes;
    if (first !== undefined && replica !== undefined)
      await replica.client.cluster('REPLICATE', cluster.#ids.get(first) as string);
    await cluster.well();
    if (replica !== undefined)
      await until(async () => /master_link_status:up/.test(await replica.client.info()));
    return cluster;
  }

  /** Settles when every node says that all slots are served. */
  async well(): Promise<void> {
    await Promise.all(this.nodes.map((node) => until(() => isWell(node))));
  }

  get primaries(): readonly RedisServer[] {
    return this.nodes.slice(0, 3);
  }

  /** `host:port` of the primaries, as a URL lists them. */
  get hosts(): string {
    return this.primaries.map((node) => `127.0.0.1:${this.#ports.get(node)}`).join();
  }

  /** A hash tag whose slot is of the given primary. */
  async tagOf(primary: number): Promise<string> {
    const [from, to] = range(primary);
    for (let i = 0; ; i++) {
      const slot = await this.slotOf(`{t${i}}`);
      if (slot >= from && slot <= to) return `{t${i}}`;
    }
  }

  /** A client's key of limits whose count is on the given primary, in the bucket that `hitOnce` counts in. */
  async limitKeyOf(primary: number): Promise<string> {
    const [from, to] = range(primary);
    for (let i = 0; ; i++) {
      const slot = await this.slotOf(`{orders|k${i}}`);
      if (slot >= from && slot <= to) return `k${i}`;
    }
  }

  slotOf(key: string): Promise<number> {
    return (this.nodes.at(-1) as RedisServer).client.cluster('KEYSLOT', key);
  }

  /** Gives a slot to another primary: while it moves, each key is either here or there. */
  async beginMove(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
    await to.client.cluster('SETSLOT', slot, 'IMPORTING', this.#ids.get(from) as string);
    await from.client.cluster('SETSLOT', slot, 'MIGRATING', this.#ids.get(to) as string);
  }

  /** Settles when every node has heard of it: a node that has not would give the slot back after the next move. */
  async endMove(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
    for (const key of await from.client.cluster('GETKEYSINSLOT', slot, 1_000))
      await this.moveKey(key as string, from, to);
    const id = this.#ids.get(to) as string;
    for (const node of [to, from]) await node.client.cluster('SETSLOT', slot, 'NODE', id);
    // The importing node has taken a new epoch, which its next rival must know to take a higher one.
    const told = (await viewOf(to, id)).epoch;
    await Promise.all(
      this.nodes.map((node) =>
        until(async () => {
          const { epoch, has } = await viewOf(node, id);
          return epoch === told && has(slot);
        }),
      ),
    );
  }

  async moveKey(key: string, from: RedisServer, to: RedisServer): Promise<void> {
    const place = ['127.0.0.1', to.port, key, 0, 1_000];
    await from.client.call('MIGRATE', ...place, 'AUTH', this.password);
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) node.thaw();
    await Promise.all(this.nodes.map((node) => node.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #addNode(program: string, tls: RedisClusterOptions['tls']): Promise<void> {
    const settings = {
      'cluster-enabled': 'yes',
      'cluster-config-file': `nodes-${this.nodes.length}.conf`,
      dir: this.#folder,
      // By itself it is the port and 10000, which may be none or taken.
      'cluster-port': String(await freePort()),
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      'cluster-require-full-coverage': 'no',
      'repl-diskless-sync-delay': '0',
      masterauth: this.password,
    };
    const own = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const tlsPort = tls === undefined ? undefined : await freePort();
    const secured = tlsPort === undefined ? [] : ['--tls-cluster', 'yes', ...(tls?.(tlsPort) ?? [])];
    const node = await RedisServer.start(program, this.password, [...own, ...secured]);
    this.nodes.push(node);
    this.#ports.set(node, tlsPort ?? node.port);
    this.#ids.set(node, (await node.client.cluster('MYID')) as string);
  }

  async #meet(): Promise<void> {
    const [first, ...others] = this.nodes as [RedisServer, ...RedisServer[]];
    for (const node of others) {
      const busPort = Number(((await node.client.config('GET', 'cluster-port')) as string[])[1]);
      await first.client.call('CLUSTER', 'MEET', '127.0.0.1', this.#ports.get(node) as number, busPort);
    }
    await Promise.all(
      this.nodes.map(({ client }) =>
        until(
          async () =>
            String(await client.cluster('NODES'))
              .trim()
              .split('\n').length === this.nodes.length,
        ),
      ),
    );
  }
}

interface RedisClusterOptions {
  /** Default: no primary has a replica. */
  readonly replicaOfFirst?: boolean;
  /** What makes a server listen for TLS on a port. Default: none does. */
  readonly tls?: (port: number) => readonly string[];
}

/** The first and the last slot of a primary. */
function range(primary: number): readonly [number, number] {
  return [Math.ceil((SLOTS * primary) / 3), Math.ceil((SLOTS * (primary + 1)) / 3) - 1];
}

async function isWell({ client }: RedisServer): Promise<boolean> {
  const info = String(await client.cluster('INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${SLOTS}`);
}

/** How one node of a cluster sees another: its configuration epoch, and which slots it has. */
async function viewOf({ client }: RedisServer, id: string): Promise<NodeView> {
  const lines = String(await client.cluster('NODES')).split('\n');
  const [, , , , , , epoch, , ...slots] = (lines.find((line) => line.startsWith(id)) ?? '').split(' ');
  // Those in brackets are moving.
  const ranges = slots.filter((text) => !text.startsWith('[')).map((text) => text.split('-').map(Number));
  return {
    epoch,
    has: (slot) => ranges.some(([first = -1, last = first]) => slot >= first && slot <= last),
  };
}

interface NodeView {
  readonly epoch: string | undefined;
  has(slot: number): boolean;
}
