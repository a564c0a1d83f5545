import { RENDERERS } from "../conformance/fixtures/renderers.js";
import { koaDoor } from "../conformance/koa-door.js";
import { type HttpStage, type StageOptions, stageParts } from "../conformance/stage.js";
import { FORM, formBody, HTMX, type RawAnswer } from "./http.js";

/** The conformance suite's desk behind Koa on a port. */
export async function openDesk(options: StageOptions = {}, renderer = "nunjucks"): Promise<HttpStage> {
  const make = RENDERERS[renderer];
  if (make === undefined) throw new Error(`there is no renderer ${renderer}`);
  return koaDoor.open(stageParts(make(), options), options);
}

/** Sends a form as htmx does. */
export function sendForm(
  stage: HttpStage,
  path: string,
  fields: Parameters<typeof formBody>[0],
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  return sendBody(stage, path, formBody(fields), { ...FORM, ...headers });
}

/** Sends a body exactly as it is. */
export function sendBody(
  stage: HttpStage,
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  return stage.http.request({ method: "POST", path, headers: { ...HTMX, "x-user": "ann", ...headers }, body });
}

/** Whether the server still does its work: what every bad request must leave behind. */
export async function stillAnswers(stage: HttpStage): Promise<boolean> {
  return (await stage.send(await stage.mount("desk"), "add", { by: 1 })).status === 200;
}
