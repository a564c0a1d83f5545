/**
 * The Koa door: a middleware that serves components and places them in pages.
 *
 * @module hydrant/koa
 */

export { type ComponentsContext, componentsOf, hydrantKoa, type KnownCaller, type KoaDoorOptions } from "./door.js";
export { type HealthOptions, health } from "./health.js";
export type { AssetOptions, PageComponents } from "./page-components.js";
export { type StopOptions, stopGracefully } from "./stopping.js";
