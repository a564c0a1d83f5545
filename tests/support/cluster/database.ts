import Database from "libsql";

/** The application's database: one file for all nodes, which outlives each of them and Redis. */
export interface ClusterDatabase {
  /** Keeps an item; once, however often it is sent. */
  add(topic: string, seq: number): void;
  /** The newest items of a topic, the oldest of them first. */
  newest(topic: string, count: number): readonly number[];
  /** Notes that an effect happened, each time it does. */
  effect(key: string, node: string): void;
  /** How often each effect happened. */
  effects(): ReadonlyMap<string, number>;
  close(): void;
}

const TABLES = `
  create table if not exists items (topic text, seq integer, primary key (topic, seq)) without rowid;
  create table if not exists effects (key text, node text);
`;

/** Milliseconds to wait for another node that writes. */
const PATIENCE = { timeout: 10_000 };

export function openClusterDatabase(path: string): ClusterDatabase {
  const database = new Database(path, PATIENCE);
  // Readers do not wait for writers; and no test loses power.
  database.exec("pragma journal_mode = wal; pragma synchronous = off;");
  database.exec(TABLES);
  const add = database.prepare("insert or ignore into items values (?, ?)");
  const newest = database.prepare("select seq from items where topic = ? order by seq desc limit ?");
  const effect = database.prepare("insert into effects values (?, ?)");
  const effects = database.prepare("select key, count(*) as times from effects group by key");
  return {
    add: (topic, seq) => void add.run(topic, seq),
    newest: (topic, count) => (newest.all(topic, count) as { readonly seq: number }[]).map(({ seq }) => seq).reverse(),
    effect: (key, node) => void effect.run(key, node),
    effects: () =>
      new Map(
        (effects.all() as { readonly key: string; readonly times: number }[]).map(({ key, times }) => [key, times]),
      ),
    close: () => void database.close(),
  };
}
