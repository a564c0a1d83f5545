import { afterEach, describe, expect, it } from "vitest";
import { everyAnswer } from "./answers.js";
import type { Audit, Chapter } from "./audit.js";
import { EVERY_DOOR, ONLY_HTTP, ONLY_SOCKETS } from "./audit-ids.js";
import { crossSite } from "./cross-site.js";
import { everyEffect } from "./effects.js";
import { RENDERERS } from "./fixtures/renderers.js";
import { httpForm } from "./form-http.js";
import { formMemory } from "./form-memory.js";
import { everyStep } from "./form-steps.js";
import { everyForm } from "./forms.js";
import { httpAnswer } from "./http-answers.js";
import { httpRequest } from "./http-requests.js";
import { keptMounts } from "./kept-mounts.js";
import { koaDoor } from "./koa-door.js";
import { limits } from "./limits.js";
import { live } from "./live.js";
import { everyModelForm } from "./model-forms.js";
import { offers } from "./offers.js";
import { permissions } from "./permissions.js";
import { plainForms } from "./plain-forms.js";
import { everyRequest } from "./requests.js";
import { roots } from "./roots.js";
import { sealedFiles } from "./sealed-files.js";
import { everySocket } from "./sockets.js";
import { type Door, type Stage, type StageOptions, stageParts } from "./stage.js";
import { staleAnswer } from "./stale-answers.js";
import { streams } from "./streams.js";
import { testDoor } from "./test-door.js";
import { websocketDoor } from "./websocket-door.js";
import { withoutJavaScript } from "./without-javascript.js";

const CHAPTERS: readonly Chapter[] = [
  { every: everyRequest, http: httpRequest },
  roots,
  { every: [...everyAnswer, ...staleAnswer, ...everyEffect], http: httpAnswer },
  withoutJavaScript,
  crossSite,
  { every: [...everyForm, ...formMemory, ...everyStep, ...everyModelForm], http: httpForm },
  permissions,
  limits,
  offers,
  keptMounts,
  sealedFiles,
  plainForms,
  streams,
  live,
];
const EVERY = CHAPTERS.flatMap(({ every }) => every);
const HTTP = CHAPTERS.flatMap(({ http }) => http);

const opened: Stage[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((stage) => stage.close()));
});

function through<S extends Stage>(door: Door<S>, renderer: string, audits: readonly Audit<S>[]): void {
  describe(`through the ${door.name} door with ${renderer} templates`, () => {
    const make = RENDERERS[renderer] as (typeof RENDERERS)[string];
    it.each(audits.map((audit) => [`${audit.id}: ${audit.must}`, audit] as const))("%s", async (_title, { run }) => {
      await run(async (options: StageOptions = {}) => {
        const stage = await door.open(stageParts(make(), options), options);
        opened.push(stage);
        return stage;
      });
    });
  });
}

for (const renderer of Object.keys(RENDERERS)) {
  through(testDoor, renderer, EVERY);
  through(koaDoor, renderer, [...EVERY, ...HTTP]);
  through(websocketDoor, renderer, [...EVERY, ...everySocket]);
}

describe("the list of audits", () => {
  it("has the audits it always had; one is only taken off this list on purpose", () => {
    expect(EVERY.map(({ id }) => id)).toEqual(EVERY_DOOR);
    expect(HTTP.map(({ id }) => id)).toEqual(ONLY_HTTP);
    expect(everySocket.map(({ id }) => id)).toEqual(ONLY_SOCKETS);
  });

  it("gives every audit an id of its own", () => {
    const ids = [...EVERY, ...HTTP, ...everySocket].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^(?:R1|C2|A3|N4|X7|F9|P8|L10|O11|K12|U13|T5|V5|S6)\.\d+$/.test(id))).toEqual([]);
  });
});
