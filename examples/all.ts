import { card } from "./card/example.js";
import { contacts } from "./contacts/example.js";
import { counter } from "./counter/example.js";
import type { Example } from "./gallery/example.js";
import { notebook } from "./notebook/example.js";
import { tabs } from "./tabs/example.js";
import { todo } from "./todo/example.js";
import { twoCounters } from "./two-counters/example.js";

/** Every example, from the smallest on. */
export const examples: readonly Example[] = [counter, twoCounters, todo, tabs, card, contacts, notebook];
