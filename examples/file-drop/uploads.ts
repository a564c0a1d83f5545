import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskUploadStore } from "hydrant/disk";

/** A folder that nobody had before; it is made for the first file. */
const folder = join(tmpdir(), `hydrant-file-drop-${randomUUID()}`);
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

export const uploads = diskUploadStore(folder);
