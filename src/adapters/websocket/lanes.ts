/** Must not reject. */
export type Task = () => Promise<void>;

/** Tasks of one lane run one after the other, in the order they came; lanes run beside each other. */
export class Lanes {
  /** What waits in each lane, the running one first. A lane without tasks is forgotten. */
  readonly #lanes = new Map<string, Task[]>();
  readonly #onIdle: () => void;
  #size = 0;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /** Tasks that run or wait. */
  get size(): number {
    return this.#size;
  }

  run(lane: string, task: Task): void {
    this.#size++;
    const others = this.#lanes.get(lane);
    if (others !== undefined) {
      others.push(task);
      return;
    }
    const tasks = [task];
    this.#lanes.set(lane, tasks);
    void this.#work(lane, tasks);
  }

  /** Forgets what has not begun. */
  clear(): void {
    for (const tasks of this.#lanes.values()) this.#size -= tasks.splice(1).length;
  }

  async #work(lane: string, tasks: Task[]): Promise<void> {
    for (let task = tasks[0]; task !== undefined; task = tasks[0]) {
      await task();
      tasks.shift();
      this.#size--;
    }
    this.#lanes.delete(lane);
    if (this.#size === 0) this.#onIdle();
  }
}
