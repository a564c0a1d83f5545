import { Component, HydrantError, type Payload } from "hydrant";
import { z } from "zod";

const MOST = 2_000;

const Item = z.object({ id: z.number().int(), title: z.string(), done: z.boolean() });
const id = z.coerce.number().int();

const events = {
  add: z.object({
    title: z.string().trim().min(1, "Write down what there is to do.").max(120, "Keep it under 120 characters."),
  }),
  toggle: z.object({ id }),
  move: z.object({ id, by: z.coerce.number().pipe(z.literal([-1, 1])) }),
  remove: z.object({ id }),
  fill: null,
};

interface State {
  items: z.infer<typeof Item>[];
  nextId: number;
}

export class TodoList extends Component<State> {
  static override template = "todo/todo.njk";
  static override state = z.object({ items: z.array(Item), nextId: z.number().int() });
  static override events = events;

  override mount() {
    this.state = {
      items: [
        { id: 1, title: "Water the plants", done: true },
        { id: 2, title: "Answer Ada's letter", done: false },
        { id: 3, title: "Mend the bicycle", done: false },
      ],
      nextId: 4,
    };
  }

  on_add({ title }: Payload<typeof events, "add">) {
    if (this.state.items.length >= MOST) {
      throw new HydrantError("invalid", undefined, { fields: { title: [`The list holds ${MOST} at most.`] } });
    }
    this.state.items.push({ id: this.state.nextId++, title, done: false });
  }

  on_toggle({ id }: Payload<typeof events, "toggle">) {
    const item = this.state.items.find((one) => one.id === id);
    if (item) item.done = !item.done;
  }

  on_move({ id, by }: Payload<typeof events, "move">) {
    const { items } = this.state;
    const from = items.findIndex((one) => one.id === id);
    const [item] = from === -1 ? [] : items.splice(from, 1);
    if (item) items.splice(Math.max(0, from + by), 0, item);
  }

  on_remove({ id }: Payload<typeof events, "remove">) {
    this.state.items = this.state.items.filter((one) => one.id !== id);
  }

  on_fill() {
    const first = this.state.nextId;
    this.state.items = Array.from({ length: 1_000 }, (_, index) => ({
      id: first + index,
      title: `Row ${index + 1}`,
      done: false,
    }));
    this.state.nextId = first + 1_000;
  }

  override getContext() {
    return { open: this.state.items.filter((item) => !item.done).length };
  }
}
