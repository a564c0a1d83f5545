import { statSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";

export interface FoundFile {
  readonly path: string;
  /** Changes when the file does. */
  readonly fingerprint: string;
}

/**
 * Finds a template in the first folder that has it. `./` and `../` start at the template that names it, and lead
 * nowhere outside the folders.
 */
export function findTemplate(folders: readonly string[], name: string, parent?: string): FoundFile | undefined {
  const asked = parent !== undefined && /^\.\.?\//.test(name) ? resolve(dirname(parent), name) : name;
  for (const folder of folders) {
    const root = resolve(folder);
    const path = resolve(root, asked);
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) continue;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) return { path, fingerprint: `${stats.mtimeMs}:${stats.size}` };
  }
  return undefined;
}
