import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, type Sample } from "./fences.js";

/** A folder with all files of a page as they stand at one point of it. */
export interface Project {
  readonly page: string;
  readonly folder: string;
  /** The last one of its page: what a reader ends up with. */
  readonly last: boolean;
  /** Samples by the name of the file they became. */
  readonly files: ReadonlyMap<string, Sample>;
}

const WRITTEN = new Set(["ts", "njk"]);

/** A sample that is no file of the page gets a name nobody writes. */
function fileName(sample: Sample): string | undefined {
  return sample.file ?? (WRITTEN.has(sample.language) ? `sample-${sample.line}.${sample.language}` : undefined);
}

/** The files of a page, step by step: a file that is shown again begins a new step. */
function steps(samples: readonly Sample[]): Map<string, Sample>[] {
  let files = new Map<string, Sample>();
  const finished: Map<string, Sample>[] = [];
  for (const sample of samples) {
    const name = fileName(sample);
    if (name === undefined) continue;
    // A class and its template change together, so only a second version of the same kind of file ends a step.
    if (files.has(name) && sample.language === "ts") {
      finished.push(files);
      files = new Map(files);
    }
    files.set(name, sample);
  }
  return files.size === 0 ? finished : [...finished, files];
}

/** Writes the samples of each page into folders inside the repository, where `hydrant` is the package itself. */
export function writeProjects(samplesByPage: readonly (readonly Sample[])[]): {
  readonly folder: string;
  readonly projects: readonly Project[];
  readonly remove: () => void;
} {
  mkdirSync(join(ROOT, ".tmp"), { recursive: true });
  const parent = mkdtempSync(join(ROOT, ".tmp", "docs-"));
  const projects = samplesByPage.flatMap((samples) => {
    const all = steps(samples);
    return all.map((files, index): Project => {
      const page = samples[0]?.page ?? "";
      const folder = join(parent, page.replace(/\W+/g, "-"), String(index + 1));
      mkdirSync(folder, { recursive: true });
      for (const [name, { code }] of files) writeFileSync(join(folder, name), code);
      return { page, folder, last: index === all.length - 1, files };
    });
  });
  return { folder: parent, projects, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
