import type { Example } from "../gallery/example.js";
import { TodoList } from "./todo.js";

export const todo: Example = {
  name: "todo",
  title: "To-do list",
  group: "Components",
  line: "Rows that keep their identity while they move, a form that refuses an empty line, and a thousand rows.",
  tries: [
    "Move a row with the keyboard: the focus moves along.",
    "Add an empty line, then fill in a thousand rows and scroll: the list stays where it is.",
  ],
  components: { todo: TodoList },
  sources: ["todo.ts", "todo.njk", "page.njk"],
};
