/**
 * Uploaded files in a folder of this machine.
 *
 * @module hydrant/disk
 */

export { type DiskUploadStoreOptions, diskUploadStore } from "./upload-store.js";
