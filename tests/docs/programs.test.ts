import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, test } from "vitest";
import { readPages, readSamples } from "./fences.js";
import { type Project, writeProjects } from "./projects.js";
import { start, type Visit, visit } from "./visitor.js";

const { projects, remove } = writeProjects(readPages().map(readSamples));
const finished = projects.filter(({ last }) => last);
afterAll(remove);

/** What a visitor does with the program of each page that has one. */
const VISITS: Readonly<Record<string, (page: Visit) => Promise<void>>> = {
  async "README.md"(page) {
    expect(page.text("output")).toBe("5");
    const answer = await page.press("button");
    expect(answer.status).toBe(200);
    expect(answer.html).toContain("<output>6</output>");
    const plain = await page.submit("button");
    expect(plain.text("output")).toBe("6");
    expect((await plain.submit("button")).text("output")).toBe("7");
  },
  async "docs/tutorial.md"(page) {
    expect(page.text("li")).toContain("Read the tutorial");
    const answer = await page.press("form[hx-post]", { title: "Feed the cat" });
    expect(answer.html).toContain("Feed the cat");
    const refused = await page.press("form[hx-post]", { title: "" });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("Write what is to be done.");
  },
  async "docs/forms.md"(page) {
    const refused = await page.press("#c-contact form", { name: "Ada", email: "ada", message: "" });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("Write at least ten characters.");
    expect(refused.html).toContain('value="Ada"');
    const letter = { name: "Ada", email: "ada@example.org", message: "The engine runs." };
    expect(await page.press("#c-contact form", letter)).toEqual({ status: 200, html: "" });
    expect((await page.press('[name="userName"]', { userName: "Grace" })).html).toContain("This name is taken.");
    expect((await page.press('[name="country"]', { country: "France" })).html).toContain("Lyon");
    expect((await page.press("[data-add-row]")).html.match(/data-row>/g)).toHaveLength(2);
    const booking = await page.press("#c-booking form", { city: "Porto", nights: "3" });
    expect(booking.html).toContain("2 of 2: About you");
    expect(page.text('[data-field="photos"] [data-file-limit]')).toContain("5 MB each, 4 files");
  },
  async "docs/live.md"(page) {
    expect((await page.press("#c-room form", { text: "Hello" })).html).toContain("<li>Hello</li>");
    // Asked for without a stream, the handler runs to its end.
    expect((await page.press("#c-answer form", { question: "Why?" })).html).toContain("You asked: Why?");
    expect((await page.press("#c-answer form", { question: "" })).status).toBe(422);
  },
  async "docs/renderers.md"(page) {
    expect(page.text("p")).toBe("The lamp is off.");
    expect((await page.press("button")).html).toContain("The lamp is on.");
  },
};

function have(ending: string): [string, Project, string][] {
  return finished.flatMap((project) =>
    [...project.files.keys()]
      .filter((name) => name.endsWith(ending))
      .map((name): [string, Project, string] => [project.page, project, name]),
  );
}

describe("the programs of the documentation", () => {
  test("all have a visitor", () => {
    expect(new Set(have("app.ts").map(([page]) => page))).toEqual(new Set(Object.keys(VISITS)));
  });

  test.each(have("app.ts"))(
    "%s: the program starts and answers its visitor",
    { timeout: 60_000 },
    async (page, project, file) => {
      const program = await start(project.folder, file);
      try {
        await VISITS[page]?.(await visit(program));
      } finally {
        await program.stop();
      }
    },
  );

  test.each(have(".test.ts").map(([page, project, file]): [string, string, Project] => [page, file, project]))(
    "%s: the tests in %s pass",
    { timeout: 60_000 },
    (_page, file, { folder }) => {
      const command = ["--import", "tsx", "--test", "--test-reporter=tap", file];
      const { status, stdout } = spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
      expect(stdout).toMatch(/^# pass [1-9]/m);
      expect({ status, failed: /^# fail (\d+)/m.exec(stdout)?.[1] }, stdout).toEqual({ status: 0, failed: "0" });
    },
  );
});
