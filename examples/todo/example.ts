import type { Example } from "../gallery/example.js";
import { TodoList } from "./todo.js";

export const todo: Example = {
  name: "todo",
  title: "To-do list",
  line: "Rows that keep their identity while they move, a form that refuses an empty line, and a thousand rows.",
  components: { todo: TodoList },
  sources: ["todo.ts", "todo.njk", "page.njk"],
};
