/**
 * Components called without a port or a browser.
 *
 * @module hydrant/testing
 */

export {
  createTestDoor,
  type MountOptions,
  type SendOptions,
  type Target,
  type TestAnswer,
  type TestDoor,
  type TestDoorOptions,
  type TestInstance,
} from "./door.js";
export type { LastingOptions, ResumeOptions, StreamOptions, TestFrame, TestFrames } from "./stream.js";
