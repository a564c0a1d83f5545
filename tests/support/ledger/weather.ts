import { setTimeout as wait } from "node:timers/promises";
import type { Cluster, ClusterNode } from "../cluster/cluster.js";
import type { Seeded } from "../seeded.js";

/** What can be hidden for a while. */
export interface Hideable {
  hide(ms: number): Promise<void>;
}

export interface WeatherParts {
  readonly cluster: Cluster;
  readonly random: Seeded;
  readonly readers: readonly Hideable[];
  /** A node is gone, with what only it knew. */
  readonly onGone: (node: ClusterNode) => void;
}

/** One kind of misfortune, from its beginning until it is over. */
type Misfortune = (parts: WeatherParts) => Promise<void>;

const pickNode = ({ cluster, random }: WeatherParts): ClusterNode => random.pick(cluster.nodes);

/** Every kind there is. */
export const MISFORTUNES = {
  async "cut clients"(parts) {
    for (const { way } of parts.cluster.nodes) way.cut(parts.random, 0.6);
    await wait(parts.random.whole(50, 300));
  },
  async "node out of reach"(parts) {
    const { way } = pickNode(parts);
    way.block();
    await wait(parts.random.whole(200, 1_200));
    way.mend();
  },
  async "cut Redis"(parts) {
    for (const { redisWay } of parts.cluster.nodes) redisWay.cut(parts.random, 0.8);
    await wait(parts.random.whole(50, 300));
  },
  async "Redis out of reach of one node"(parts) {
    const { redisWay } = pickNode(parts);
    redisWay.block();
    await wait(parts.random.whole(300, 2_500));
    redisWay.mend();
  },
  async "Redis silent for one node"(parts) {
    const { redisWay } = pickNode(parts);
    redisWay.hold();
    await wait(parts.random.whole(500, 3_500));
    redisWay.release();
  },
  async "node killed"(parts) {
    const node = pickNode(parts);
    await node.kill();
    parts.onGone(node);
    await wait(parts.random.whole(100, 800));
    await node.start();
  },
  async "node stopped"(parts) {
    const node = pickNode(parts);
    await node.stop();
    parts.onGone(node);
    await node.start();
  },
  async "Redis killed"({ cluster, random }) {
    await cluster.redis.kill();
    await wait(random.whole(200, 2_000));
    await cluster.redis.start();
  },
  async "Redis hangs"({ cluster, random }) {
    cluster.redis.pause();
    await wait(random.whole(500, 5_000));
    cluster.redis.resume();
  },
  async "Redis killed while one node does not hear it"(parts) {
    const { cluster, random } = parts;
    const node = pickNode(parts);
    node.redisWay.hold();
    // Its pages connect again, and say through other nodes what they show.
    node.way.cut(random, 1);
    await wait(random.whole(300, 900));
    await cluster.redis.kill();
    await cluster.redis.start();
    node.redisWay.cut(random, 1);
    node.redisWay.release();
  },
  async "tabs hidden"({ readers, random }) {
    const hidden = readers.filter(() => random.chance(0.4));
    await Promise.all(hidden.map((one) => one.hide(random.whole(300, 2_500))));
  },
} satisfies Readonly<Record<string, Misfortune>>;

export type MisfortuneName = keyof typeof MISFORTUNES;

/** All kinds, in an order of chance. */
export function forecast(random: Seeded): readonly MisfortuneName[] {
  return random.shuffled(Object.keys(MISFORTUNES) as MisfortuneName[]);
}
