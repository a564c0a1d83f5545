export { type ComponentsContext, componentsOf, hydrantKoa, type KnownCaller, type KoaDoorOptions } from "./door.js";
export type { PageComponents } from "./page-components.js";
