import { answer } from "./answer/example.js";
import { card } from "./card/example.js";
import { chat } from "./chat/example.js";
import { contact } from "./contact/example.js";
import { contacts } from "./contacts/example.js";
import { counter } from "./counter/example.js";
import { dashboard } from "./dashboard/example.js";
import { fileDrop } from "./file-drop/example.js";
import type { Example } from "./gallery/example.js";
import { invoice } from "./invoice/example.js";
import { job } from "./job/example.js";
import { limited } from "./limited/example.js";
import { members } from "./members/example.js";
import { notebook } from "./notebook/example.js";
import { records } from "./records/example.js";
import { signUp } from "./sign-up/example.js";
import { socketCounter } from "./socket-counter/example.js";
import { tabs } from "./tabs/example.js";
import { todo } from "./todo/example.js";
import { twoCounters } from "./two-counters/example.js";
import { wizard } from "./wizard/example.js";

/** Every example, from the smallest on. */
export const examples: readonly Example[] = [
  counter,
  twoCounters,
  todo,
  tabs,
  card,
  contacts,
  notebook,
  contact,
  signUp,
  wizard,
  invoice,
  fileDrop,
  records,
  limited,
  members,
  answer,
  job,
  chat,
  dashboard,
  socketCounter,
];
