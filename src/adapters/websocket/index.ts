/**
 * The WebSocket door: events and live updates over one socket for each page, beside the Koa door.
 *
 * @module hydrant/websocket
 */

export type { AdmissionOptions } from "./admission.js";
export type { CallerOptions, KnownCaller } from "./callers.js";
export { ComponentWebSocketManager, type WebSocketDoorOptions } from "./door.js";
